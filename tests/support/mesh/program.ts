import {
  type Answer,
  askApi,
  type ProgramProcess,
  runModule,
  startProgram,
} from "../processes/program_process.ts";
import { PATIENCE_MS } from "../until.ts";
import type { Place } from "./site.ts";

/** Sections of a configuration with their keys. */
export type ProgramConfig = Readonly<Record<string, unknown>>;

/** One program of a mesh. It keeps its name, its port and its configuration over restarts. */
export class MeshProgram implements AsyncDisposable {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  /** What it is told to listen on. */
  readonly listen: string;
  /** Where the files of its version are, with a slash at the end; this one's unless it is said. */
  root = "";
  readonly #module: string;
  readonly #folder: string;
  readonly #prefix: readonly string[];
  #config: ProgramConfig = {};
  #program: ProgramProcess | undefined;
  #log = "";

  /** `module` is `relay/main.ts` or `sdn/main.ts`; its configuration is written into the folder. */
  constructor(
    module: string,
    { name, folder, place }: { name: string; folder: string; place: Place },
  ) {
    this.name = name;
    this.hostname = place.hostname;
    this.port = place.port;
    this.listen = place.listen;
    this.#module = module;
    this.#prefix = place.prefix;
    this.#folder = folder;
  }

  get isRunning(): boolean {
    return this.#program?.isRunning ?? false;
  }

  /** Everything that its processes wrote, for a test that fails. */
  get log(): string {
    return this.#log + (this.#program?.log() ?? "");
  }

  get pid(): number {
    return this.#program!.pid;
  }

  /** Where it answers HTTP. */
  get url(): string {
    return `http://${this.hostname}:${this.port}`;
  }

  /** Asks its API. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return askApi(this.url + path, method, body);
  }

  /** Asks it something that it must agree to, and gives the text. */
  async get(path: string, milliseconds = PATIENCE_MS): Promise<string> {
    const response = await fetch(this.url + path, { signal: AbortSignal.timeout(milliseconds) });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body}`);
    return body;
  }

  /** Starts it, with another configuration if one is given, and waits until it is ready. */
  async start(config = this.#config): Promise<void> {
    this.#config = config;
    const file = `${this.#folder}/${this.name}.yaml`;
    await Deno.writeTextFile(file, JSON.stringify(config, undefined, 2));
    const how = { prefix: this.#prefix };
    this.#program = await startProgram(
      runModule(`${this.root}${this.#module}`, ["--config", file], how),
    );
  }

  /** SIGSTOP, SIGCONT, or another signal that it is not waited for. */
  signal(signal: Deno.Signal): void {
    this.#program?.kill(signal);
  }

  /** Ends it by a signal and waits until it has; gives its exit code. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number> {
    const program = this.#program;
    if (program === undefined) return 0;
    const code = await program.end(signal);
    this.#log += `${program.log()}(${this.name} ended after ${signal} with ${code})\n`;
    this.#program = undefined;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
