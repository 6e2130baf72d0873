import { sleep, systemClock } from "@qumo/shared/runtime";
import { EventReader, type ServerEvent } from "@qumo/shared/topology";
import { Random } from "../support/random.ts";
import { MeshProgram } from "../support/mesh/program.ts";
import { DirectSite } from "../support/mesh/site.ts";
import { neighborsOf, ringWithChords, type Topology } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";
import { Latency } from "../../relay/client/bench/latency.ts";

const SEED = 1;
/** More than any event has. */
const MAX_EVENT_LENGTH = 2 ** 28;
// When nothing came for so long, everything has come; whether it is right is checked then.
const QUIET_MS = 300;

/**
 * How long it takes from a relay's word that a link is down, or up again, until every relay's mirror has
 * the next hops that follow. The controller is real, the relays are scripts that heartbeat and watch.
 */
export async function convergence(count: number, changes: number): Promise<object> {
  const folder = await Deno.makeTempDir({ prefix: "bench_" });
  const topology = ringWithChords(count, SEED);
  const place = new DirectSite(topology).controller();
  await using controller = new MeshProgram("sdn/main.ts", { name: "sdn", folder, place });
  await controller.start({ server: { address: place.listen, requests_per_second: 0 } });
  const stop = new AbortController();
  try {
    for (const name of topology.relays) await register(controller, topology, name);
    const mirrors = topology.relays.map((name) => new Mirror(controller, name, stop.signal));
    await settled(controller, mirrors);
    const times = new Latency();
    const random = new Random(SEED);
    for (let change = 0; change < changes; change++) {
      const { a, b } = random.pick(topology.links);
      for (const up of [false, true]) {
        const began = systemClock.now();
        await register(controller, topology, a, { [b]: { up } });
        await settled(controller, mirrors);
        const last = Math.max(...mirrors.map(({ changed }) => changed));
        // A link that no way uses changes nothing.
        if (last > began) times.add(last - began);
      }
    }
    return {
      case: `convergence of ${count} relays`,
      changes: times.count,
      p50_ms: times.percentile(0.5),
      p90_ms: times.percentile(0.9),
      longest_ms: times.largest,
    };
  } finally {
    stop.abort();
    await Deno.remove(folder, { recursive: true });
  }
}

async function register(
  controller: MeshProgram,
  topology: Topology,
  name: string,
  links: Readonly<Record<string, { readonly up: boolean }>> = {},
): Promise<void> {
  const neighbors = neighborsOf(topology, name);
  const body = { region: "bench", address: `moqt://${name}.example:4433`, neighbors, links };
  const { status } = await controller.ask("PUT", `/relay/${name}`, body);
  if (status !== 200) throw new Error(`${name} was not registered: ${status}`);
}

/** Waits until nothing comes any more, and checks that every mirror is what the controller says. */
async function settled(controller: MeshProgram, mirrors: readonly Mirror[]): Promise<void> {
  const isQuiet = () =>
    mirrors.every(({ changed }) => changed > 0 && systemClock.now() - changed > QUIET_MS);
  await sleep(systemClock, QUIET_MS);
  await until("every mirror to have what the controller says", async () => {
    if (!isQuiet()) return false;
    for (const mirror of mirrors) {
      const { body } = await controller.ask("GET", `/routes/${mirror.relay}`);
      if (!mirror.agrees(body.routes)) return false;
    }
    return true;
  });
}

type Routes = Readonly<Record<string, { readonly next_hop: string }>>;

/** One relay's next hops as `/watch` tells them. */
class Mirror {
  readonly relay: string;
  /** When something became different last. */
  changed = 0;
  readonly #nextHops = new Map<string, string>();

  constructor(controller: MeshProgram, relay: string, signal: AbortSignal) {
    this.relay = relay;
    void this.#follow(`${controller.url}/watch?scope=routes:${relay}`, signal).catch(() => {});
  }

  agrees(routes: Routes): boolean {
    const lines = Object.entries(routes);
    return lines.length === this.#nextHops.size &&
      lines.every(([target, { next_hop }]) => this.#nextHops.get(target) === next_hop);
  }

  async #follow(url: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(url, { signal });
    const reader = new EventReader({ line: MAX_EVENT_LENGTH, event: MAX_EVENT_LENGTH });
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      for (const event of reader.read(part)) this.#take(event);
    }
  }

  #take({ event, data }: ServerEvent): void {
    if (event !== "routes") return;
    const { routes, removed } = JSON.parse(data) as {
      routes: Routes;
      removed: readonly string[];
    };
    for (const [target, { next_hop }] of Object.entries(routes)) {
      this.#nextHops.set(target, next_hop);
    }
    for (const target of removed) this.#nextHops.delete(target);
    this.changed = systemClock.now();
  }
}
