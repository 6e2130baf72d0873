import { loadavg } from "node:os";
import { systemClock } from "@qumo/shared/runtime";
import { Mesh } from "../support/mesh/mesh.ts";
import { DirectSite } from "../support/mesh/site.ts";
import { chain } from "../support/mesh/topology.ts";
import {
  BenchKeys,
  clients,
  type Holder,
  links,
  PLACES,
  type Victim,
} from "./revocation_victims.ts";

/** What an operator orders. */
interface Order {
  readonly what: string;
  /** Whether relays are cut instead of clients. */
  readonly ofRelay?: true;
  readonly ask: (holder: Holder) => readonly [method: string, path: string, body: object];
}

const ORDERS: readonly Order[] = [
  {
    what: "revoked by the token's id",
    ask: ({ id }) => ["POST", "/revoke", { kind: "token", value: id }],
  },
  {
    what: "revoked by subject",
    ask: ({ subject }) => ["POST", "/revoke", { kind: "subject", value: subject }],
  },
  {
    what: "revoked by tenant",
    ask: ({ tenant }) => ["POST", "/revoke", { kind: "tenant", value: tenant }],
  },
  { what: "kicked", ask: ({ subject }) => ["POST", "/kick", { kind: "subject", value: subject }] },
  {
    what: "a policy without its region",
    ask: ({ tenant }) => ["PUT", `/policy/${tenant}`, { regions: ["elsewhere"] }],
  },
  {
    what: "a relay revoked by name",
    ofRelay: true,
    ask: ({ subject }) => ["POST", "/revoke", { kind: "subject", value: subject }],
  },
];

/** Measures how long it takes in a mesh of three until everybody is cut. `print` is told each order's times. */
export async function benchRevocations(
  rounds: number,
  print: (result: object) => void,
): Promise<void> {
  await using keys = await BenchKeys.make();
  await using mesh = await Mesh.start({
    topology: chain(...Object.values(PLACES)),
    site: (topology) => Promise.resolve(new DirectSite(topology)),
    relayConfig: {
      auth: { mode: "token", keys: [keys.users] },
      // A scripted publisher is asked for nothing but its track.
      relay: { solicit: false, region: "here" },
      mesh: { key_file: keys.mesh },
      ingest: { rtmp: { address: "127.0.0.1:0" } },
    },
  });
  for (const [number, order] of ORDERS.entries()) {
    const times = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      const name = `${number}-${round}`;
      const holder = { id: `t${name}`, subject: `s${name}`, tenant: `n${name}` };
      for (const [what, milliseconds] of await cutOnce(mesh, keys, order, holder)) {
        const ofKind = times.get(what) ?? [];
        times.set(what, [...ofKind, milliseconds]);
      }
    }
    const seen = Object.fromEntries([...times].map(([what, one]) => [what, summary(one)]));
    const load = Number(loadavg()[0]!.toFixed(2));
    print({ case: order.what, rounds, load_average: load, ...seen });
  }
}

/** Orders once; who was cut, after how many milliseconds. */
async function cutOnce(
  mesh: Mesh,
  keys: BenchKeys,
  { ask, ofRelay, what }: Order,
  holder: Holder,
): Promise<readonly (readonly [what: string, milliseconds: number])[]> {
  const victims: Victim[] = ofRelay
    ? await links(mesh, keys, holder.subject)
    : await clients(mesh, await keys.mint(holder), `room/${holder.id}`);
  const from = systemClock.now();
  const ends = victims.map(({ what, cut }) =>
    cut.then(() => [what, systemClock.now() - from] as const)
  );
  const { status } = await mesh.controllers[0]!.ask(...ask(holder));
  if (status >= 300) throw new Error(`The controller answers ${status}: ${what}`);
  const cut = await Promise.all(ends);
  for (const victim of victims) victim.close();
  return cut;
}

function summary(times: readonly number[]): object {
  const sorted = times.toSorted((a, b) => a - b);
  const percentile = (share: number) => rounded(sorted[Math.ceil(share * sorted.length) - 1]!);
  return { p50_ms: percentile(0.5), p99_ms: percentile(0.99), longest_ms: percentile(1) };
}

function rounded(milliseconds: number): number {
  return Number(milliseconds.toFixed(1));
}
