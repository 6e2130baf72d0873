import type { Place } from "./site.ts";
import { Program } from "./program.ts";

/** One controller of a mesh. It keeps its port and its configuration over restarts. */
export class MeshController implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** What it is told to listen on. */
  readonly listen: string;
  readonly #hostname: string;
  readonly #folder: string;
  #config: Readonly<Record<string, unknown>> = {};
  #program: Program | undefined;
  #log = "";

  constructor({ name, folder, place }: { name: string; folder: string; place: Place }) {
    this.name = name;
    this.port = place.port;
    this.listen = place.listen;
    this.#hostname = place.hostname;
    this.#folder = folder;
  }

  get url(): string {
    return `http://${this.#hostname}:${this.port}`;
  }

  /** Everything that its processes wrote, for a test that fails. */
  get log(): string {
    return this.#log + (this.#program?.log() ?? "");
  }

  /** Starts it, with another configuration if one is given, and waits until it is ready. */
  async start(config = this.#config): Promise<void> {
    this.#config = config;
    const file = `${this.#folder}/${this.name}.yaml`;
    await Deno.writeTextFile(file, JSON.stringify(config, undefined, 2));
    this.#program = await Program.start({
      name: `controller ${this.name}`,
      module: "sdn/main.ts",
      args: ["--config", file],
      ready: new RegExp(`:${this.port}\\b`),
    });
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

  /** Asks its API. */
  async ask(method: string, path: string, body?: unknown) {
    const text = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(`${this.url}${path}`, { method, body: text });
    // deno-lint-ignore no-explicit-any -- answers of every shape
    return { status: response.status, body: await response.json() as any };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
