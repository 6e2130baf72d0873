import { systemClock } from "@qumo/shared/runtime";
import type { RelayAddress } from "./client.ts";
import type { Place } from "./site.ts";
import { Program } from "./program.ts";

/** What `GET /status` says of the mesh. */
export interface MeshStatus {
  readonly name: string;
  readonly revision: number;
  readonly age_ms: number;
  readonly links: readonly {
    readonly neighbor: string;
    readonly state: "up" | "down" | "dialing";
    readonly rtt_ms: number | null;
    readonly since_ms: number;
  }[];
  readonly routes: readonly {
    readonly track: string;
    readonly source: string;
    readonly next_hop: string;
    /** Relays from the next hop to the source. */
    readonly path: readonly string[];
  }[];
}

/** A relay's configuration: sections with their keys. */
export type RelayConfig = Readonly<Record<string, unknown>>;

// A relay that does not answer is one of those that were stopped or cut off; one that starts is not.
const HTTP_TIMEOUT = 2_000;
const START_TIMEOUT = 30_000;

/** One relay of a mesh. It keeps its name, its port and its configuration over restarts. */
export class MeshRelay implements RelayAddress, AsyncDisposable {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  /** What it is told to listen on. */
  readonly listen: string;
  certificateHash: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #folder: string;
  readonly #prefix: readonly string[];
  #config: RelayConfig = {};
  #program: Program | undefined;
  #log = "";
  #slowestAnswerMs = 0;

  constructor({ name, folder, place }: { name: string; folder: string; place: Place }) {
    this.name = name;
    this.hostname = place.hostname;
    this.port = place.port;
    this.listen = place.listen;
    this.#prefix = place.prefix;
    this.#folder = folder;
  }

  /** Where other relays call it. */
  get url(): string {
    return `moqt://${this.hostname}:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#program?.isRunning ?? false;
  }

  /** Everything that its processes wrote, for a test that fails. */
  get log(): string {
    return this.#log + (this.#program?.log() ?? "");
  }

  /** The longest that an answer took, in milliseconds: a few of them where it has a processor to itself. */
  get slowestAnswerMs(): number {
    return this.#slowestAnswerMs;
  }

  get pid(): number {
    return this.#program!.pid;
  }

  /** Starts it, with another configuration if one is given, and waits until it is ready. */
  async start(config: RelayConfig = this.#config): Promise<void> {
    this.#config = config;
    const file = `${this.#folder}/${this.name}.yaml`;
    await Deno.writeTextFile(file, JSON.stringify(config, undefined, 2));
    this.#program = await Program.start({
      name: `relay ${this.name}`,
      module: "relay/main.ts",
      args: ["--config", file],
      ready: new RegExp(`:${this.port}\\b`),
      prefix: this.#prefix,
    });
    const hash = await this.#get("/certificate.sha256", START_TIMEOUT);
    this.certificateHash = Uint8Array.fromHex(hash);
  }

  /** SIGSTOP, SIGCONT, or another signal that it is not waited for. */
  signal(signal: Deno.Signal): void {
    this.#program?.signal(signal);
  }

  /** Ends it by a signal and waits until it has; gives its exit code. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number> {
    const program = this.#program;
    if (program === undefined) return 0;
    const { code } = await program.end(signal);
    this.#log += `${program.log()}(${this.name} ended after ${signal} with ${code})\n`;
    this.#program = undefined;
    return code;
  }

  /** The mesh as this relay sees it; undefined while it does not say. */
  async mesh(): Promise<MeshStatus | undefined> {
    const asked = systemClock.now();
    try {
      const { mesh } = JSON.parse(await this.#get("/status"));
      this.#slowestAnswerMs = Math.max(this.#slowestAnswerMs, systemClock.now() - asked);
      return mesh;
    } catch {
      return undefined;
    }
  }

  /** The way a track takes to this relay, from the next hop to its source; undefined when it has none. */
  async pathOf(track: string): Promise<readonly string[] | undefined> {
    return (await this.mesh())?.routes.find((route) => route.track === track)?.path;
  }

  /** The text of `/metrics`. */
  metrics(): Promise<string> {
    return this.#get("/metrics");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #get(path: string, milliseconds = HTTP_TIMEOUT): Promise<string> {
    const signal = AbortSignal.timeout(milliseconds);
    const response = await fetch(`http://${this.hostname}:${this.port}${path}`, { signal });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body}`);
    return body;
  }
}
