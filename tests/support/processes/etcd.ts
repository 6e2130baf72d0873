/** etcd clusters on loopback, as Debian's etcd-server brings them. */

import { freePort } from "../mesh/ports.ts";
import { optionalTest, programMissing } from "../optional_test_case.ts";
import { found, PATIENCE_MS, until } from "../until.ts";
import { ProgramProcess } from "./program_process.ts";

/** The program: what `ETCD_PATH` says, or where Debian puts it. */
const ETCD_PATH = Deno.env.get("ETCD_PATH") ?? "/usr/bin/etcd";

/** Why tests that need etcd cannot run here, or undefined when they can. */
export const etcdMissing = programMissing("etcd", ETCD_PATH);

/** Registers a test with a cluster of etcd; where there is none it is skipped with the reason in its name. */
export function etcdTest(
  name: string,
  test: (cluster: EtcdCluster) => Promise<void>,
  members = 1,
): void {
  optionalTest(name, etcdMissing, async () => {
    await using cluster = await startEtcd(members);
    await test(cluster);
  });
}

/** How clients reach members by TLS: what a member is told of it, and a fetch that it answers. */
export interface EtcdTls {
  readonly flags: readonly string[];
  readonly fetch: typeof fetch;
}

/** A cluster of etcd members with their data in a temporary folder. */
export type EtcdCluster = Awaited<ReturnType<typeof startEtcd>>;

/** Starts a cluster and waits until it has a leader. */
export async function startEtcd(size: number, tls?: EtcdTls) {
  const folder = await Deno.makeTempDir({ prefix: "etcd_" });
  const members = Array.from({ length: size }, (_, place) => ({
    name: `m${place}`,
    client: `${tls === undefined ? "http" : "https"}://127.0.0.1:${freePort()}`,
    peer: `http://127.0.0.1:${freePort()}`,
  }));
  const processes = new Map<number, ProgramProcess>();
  const cluster = {
    /** The URLs of the members, for clients. */
    endpoints: members.map(({ client }) => client),

    /** Starts a member that does not run; at another URL where only the caller is to find it. */
    launch(place: number, client = members[place]!.client): void {
      const { name, peer } = members[place]!;
      const flags = {
        name,
        "data-dir": `${folder}/${name}`,
        // Not by a pipe: a cluster that outlives a test may write within any later one.
        logger: "zap",
        "log-outputs": `${folder}/${name}.log`,
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": members.map(({ name, peer }) => `${name}=${peer}`).join(),
      };
      const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
      // Debian's etcd wants to be asked for where it was not built for.
      const env = { ...Deno.build.arch === "aarch64" && { ETCD_UNSUPPORTED_ARCH: "arm64" } };
      processes.set(place, new ProgramProcess([ETCD_PATH, ...args, ...tls?.flags ?? []], { env }));
    },

    /** Waits until every member that runs answers a read that needs the quorum. */
    async ready(): Promise<void> {
      for (const place of processes.keys()) {
        const { client } = members[place]!;
        const read = () => etcdCall(client, "/v3/kv/range", { key: btoa("x") }, tls?.fetch);
        await until(`etcd at ${client} to come up`, () => read().then(() => true, () => false));
      }
    },

    /** The place of the member that takes itself for the leader, once there is one. */
    leader(): Promise<number> {
      return found("a leader", async () => {
        const asked = members.map(({ client }) => etcdCall(client, "/v3/maintenance/status", {}));
        const answers = await Promise.all(asked);
        const place = answers.findIndex(({ header, leader }) => header.member_id === leader);
        return place < 0 ? undefined : place;
      });
    },

    /** Sends a member a signal: SIGSTOP parts it from the others, SIGCONT brings it back. */
    signal(place: number, signal: Deno.Signal): void {
      processes.get(place)?.kill(signal);
    },

    /** Ends a member's process without giving it time for anything. */
    async kill(place: number): Promise<void> {
      await processes.get(place)?.end("SIGKILL");
      processes.delete(place);
    },

    /** Removes everything that a member which does not run had kept. */
    async forget(place: number): Promise<void> {
      await Deno.remove(`${folder}/${members[place]!.name}`, { recursive: true });
    },

    async [Symbol.asyncDispose](): Promise<void> {
      for (const place of members.keys()) await cluster.kill(place);
      await Deno.remove(folder, { recursive: true });
    },
  };
  await using starting = new AsyncDisposableStack();
  starting.use(cluster);
  for (const place of members.keys()) cluster.launch(place);
  await cluster.ready();
  starting.move();
  return cluster;
}

/** Asks etcd's gateway something; rejects with its words when it refuses. */
export async function etcdCall(
  endpoint: string,
  path: string,
  body: object,
  ask = fetch,
  // deno-lint-ignore no-explicit-any -- answers of every shape
): Promise<any> {
  const response = await ask(`${endpoint}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
