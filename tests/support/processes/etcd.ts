/** etcd clusters on loopback, as Debian's etcd-server brings them. */

import { freePort } from "../mesh/ports.ts";
import { executableMissing, optionalTest } from "../optional_test_case.ts";
import { PATIENCE_MS, until } from "../until.ts";
import { ProgramProcess } from "./program_process.ts";

/** The program: what `ETCD_PATH` says, or where Debian puts it. */
const ETCD_PATH = Deno.env.get("ETCD_PATH") ?? "/usr/bin/etcd";

/** Why tests that need etcd cannot run here, or undefined when they can. */
export const etcdMissing = executableMissing("etcd", ETCD_PATH);

/** Registers a test that needs etcd; where there is none it is skipped with the reason in its name. */
export function etcdTest(name: string, test: () => Promise<void>): void {
  optionalTest(name, etcdMissing, test);
}

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  process?: ProgramProcess | undefined;
}

/** How clients reach members by TLS: what a member is told of it, and a fetch that it answers. */
export interface EtcdTls {
  readonly flags: readonly string[];
  readonly fetch: typeof fetch;
}

/** A cluster of etcd members with their data in a temporary folder. */
export class EtcdCluster implements AsyncDisposable {
  readonly #folder: string;
  readonly #members: readonly Member[];
  readonly #tls: EtcdTls | undefined;

  private constructor(folder: string, members: readonly Member[], tls?: EtcdTls) {
    this.#folder = folder;
    this.#members = members;
    this.#tls = tls;
  }

  /** Starts a cluster and waits until it has a leader. */
  static async start(size: number, tls?: EtcdTls): Promise<EtcdCluster> {
    const folder = await Deno.makeTempDir({ prefix: "etcd_" });
    const members = Array.from({ length: size }, (_, place) => ({
      name: `m${place}`,
      client: `${tls === undefined ? "http" : "https"}://127.0.0.1:${freePort()}`,
      peer: `http://127.0.0.1:${freePort()}`,
    }));
    await using starting = new AsyncDisposableStack();
    const cluster = starting.use(new EtcdCluster(folder, members, tls));
    for (const place of members.keys()) cluster.launch(place);
    await cluster.ready();
    starting.move();
    return cluster;
  }

  /** The URLs of the members, for clients. */
  get endpoints(): string[] {
    return this.#members.map(({ client }) => client);
  }

  /** Starts a member that does not run; at another URL where only the caller is to find it. */
  launch(place: number, client = this.#members[place]!.client): void {
    const member = this.#members[place]!;
    const flags = {
      name: member.name,
      "data-dir": `${this.#folder}/${member.name}`,
      // Not by a pipe: a cluster that outlives a test may write within any later one.
      logger: "zap",
      "log-outputs": `${this.#folder}/${member.name}.log`,
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": member.peer,
      "initial-advertise-peer-urls": member.peer,
      "initial-cluster": this.#members.map(({ name, peer }) => `${name}=${peer}`).join(),
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    // Debian's etcd wants to be asked for where it was not built for.
    const env = { ...Deno.build.arch === "aarch64" && { ETCD_UNSUPPORTED_ARCH: "arm64" } };
    member.process = new ProgramProcess([ETCD_PATH, ...args, ...this.#tls?.flags ?? []], { env });
  }

  /** Waits until every member that runs answers a read that needs the quorum. */
  async ready(): Promise<void> {
    for (const { process, client } of this.#members) {
      if (process === undefined) continue;
      const read = () => etcdCall(client, "/v3/kv/range", { key: btoa("x") }, this.#tls?.fetch);
      await until(`etcd at ${client} to come up`, () => read().then(() => true, () => false));
    }
  }

  /** The place of the member that takes itself for the leader, once there is one. */
  async leader(): Promise<number> {
    let place = -1;
    await until("a leader", async () => {
      const asked = this.endpoints.map((one) => etcdCall(one, "/v3/maintenance/status", {}));
      const answers = await Promise.all(asked);
      place = answers.findIndex(({ header, leader }) => header.member_id === leader);
      return place >= 0;
    });
    return place;
  }

  /** Sends a member a signal: SIGSTOP parts it from the others, SIGCONT brings it back. */
  signal(place: number, signal: Deno.Signal): void {
    this.#members[place]!.process?.kill(signal);
  }

  /** Ends a member's process without giving it time for anything. */
  async kill(place: number): Promise<void> {
    const member = this.#members[place]!;
    await member.process?.end("SIGKILL");
    member.process = undefined;
  }

  /** Removes everything that a member which does not run had kept. */
  async forget(place: number): Promise<void> {
    await Deno.remove(`${this.#folder}/${this.#members[place]!.name}`, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const place of this.#members.keys()) await this.kill(place);
    await Deno.remove(this.#folder, { recursive: true });
  }
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
