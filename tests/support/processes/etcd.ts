/** etcd clusters on loopback, as Debian's etcd-server brings them. */

import { freePort } from "../mesh/ports.ts";
import { executableMissing, optionalTest } from "../optional_test_case.ts";
import { PATIENCE_MS, until } from "../until.ts";
import { ProgramProcess } from "./program_process.ts";

/** The program: what `ETCD_PATH` says, or where Debian puts it. */
const ETCD_PATH = Deno.env.get("ETCD_PATH") ?? "/usr/bin/etcd";

/** Why tests that need etcd cannot run here, or undefined when they can. */
export function etcdMissing(): string | undefined {
  return executableMissing("etcd", ETCD_PATH);
}

/** Registers a test that needs etcd; where there is none it is skipped with the reason in its name. */
export function etcdTest(name: string, test: () => Promise<void>): void {
  optionalTest(name, etcdMissing(), test);
}

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  /** Another URL for clients, which no client of a test knows. */
  readonly aside: string;
  process: ProgramProcess | undefined;
}

/** How clients reach members by TLS: PEM files of theirs, and a fetch that they answer. */
export interface EtcdTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must show a certificate that this authority signed. */
  readonly clientCaFile: string;
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
    const ports = Array.from({ length: 3 * size }, freePort);
    const scheme = tls === undefined ? "http" : "https";
    const cluster = new EtcdCluster(
      folder,
      Array.from({ length: size }, (_, i) => ({
        name: `m${i}`,
        client: `${scheme}://127.0.0.1:${ports[3 * i]}`,
        peer: `http://127.0.0.1:${ports[3 * i + 1]}`,
        aside: `${scheme}://127.0.0.1:${ports[3 * i + 2]}`,
        process: undefined,
      })),
      tls,
    );
    try {
      for (const place of cluster.#members.keys()) cluster.launch(place);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The URLs of the members, for clients. */
  get endpoints(): string[] {
    return this.#members.map(({ client }) => client);
  }

  /** Starts a member that does not run. */
  launch(place: number): void {
    const member = this.#at(place);
    this.#spawn(member, member.client);
  }

  /** Starts a member where only the caller finds it: at the URL that it gets. */
  launchAside(place: number): string {
    const member = this.#at(place);
    this.#spawn(member, member.aside);
    return member.aside;
  }

  /** Waits until every member that runs answers a read that needs the quorum. */
  async ready(): Promise<void> {
    for (const { process, client } of this.#members) {
      if (process === undefined) continue;
      await until(`etcd at ${client} to come up`, () => answers(client, this.#tls?.fetch));
    }
  }

  /** The place of the leader, once there is one. */
  async leader(): Promise<number> {
    let place: number | undefined;
    await until("a leader", async () => {
      place = await this.#leader().catch(() => undefined);
      return place !== undefined;
    });
    return place!;
  }

  async #leader(): Promise<number | undefined> {
    for (const { client, process } of this.#members) {
      if (process === undefined) continue;
      const { leader } = await etcdCall(client, "/v3/maintenance/status", {});
      for (const [place, member] of this.#members.entries()) {
        if (member.process === undefined) continue;
        const { header } = await etcdCall(member.client, "/v3/maintenance/status", {});
        if (header.member_id === leader) return place;
      }
    }
    return undefined;
  }

  /** Sends a member a signal: SIGSTOP parts it from the others, SIGCONT brings it back. */
  signal(place: number, signal: Deno.Signal): void {
    this.#at(place).process?.kill(signal);
  }

  /** Ends a member's process without giving it time for anything. */
  async kill(place: number): Promise<void> {
    const member = this.#at(place);
    const { process } = member;
    member.process = undefined;
    await process?.end("SIGKILL");
  }

  /** Removes everything that a member which does not run had kept. */
  async forget(place: number): Promise<void> {
    await Deno.remove(`${this.#folder}/${this.#at(place).name}`, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const place of this.#members.keys()) await this.kill(place);
    await Deno.remove(this.#folder, { recursive: true });
  }

  #spawn(member: Member, client: string): void {
    const flags = [
      ["name", member.name],
      ["data-dir", `${this.#folder}/${member.name}`],
      // Not by a pipe: a cluster that outlives a test may write within any later one.
      ["logger", "zap"],
      ["log-outputs", `${this.#folder}/${member.name}.log`],
      ["listen-client-urls", client],
      ["advertise-client-urls", client],
      ["listen-peer-urls", member.peer],
      ["initial-advertise-peer-urls", member.peer],
      ["initial-cluster", this.#members.map(({ name, peer }) => `${name}=${peer}`).join(",")],
      ...this.#tls === undefined ? [] : [
        ["cert-file", this.#tls.certFile],
        ["key-file", this.#tls.keyFile],
        ["client-cert-auth", "true"],
        ["trusted-ca-file", this.#tls.clientCaFile],
      ],
    ].map(([flag, value]) => `--${flag}=${value}`);
    // Debian's etcd wants to be asked for where it was not built for.
    const env = { ...Deno.build.arch === "aarch64" && { ETCD_UNSUPPORTED_ARCH: "arm64" } };
    member.process = new ProgramProcess([ETCD_PATH, ...flags], { env });
  }

  #at(place: number): Member {
    const member = this.#members[place];
    if (member === undefined) throw new Error(`The cluster has no member ${place}`);
    return member;
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

async function answers(endpoint: string, ask?: typeof fetch): Promise<boolean> {
  try {
    await etcdCall(endpoint, "/v3/kv/range", { key: btoa("x") }, ask);
    return true;
  } catch {
    return false;
  }
}
