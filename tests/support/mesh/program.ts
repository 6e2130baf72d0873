import { fileURLToPath } from "node:url";
import { systemClock } from "@qumo/shared/runtime";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

// A program that ignores SIGTERM for longer hangs: the test goes on without it.
const STOP_TIMEOUT = 15_000;

/** What to run, and how to see that it is ready. */
export interface ProgramOptions {
  /** For messages: "relay tokyo". */
  readonly name: string;
  /** The module, as a path below the project's root. */
  readonly module: string;
  readonly args: readonly string[];
  /** The first line of its standard output that looks like this says that it is ready. */
  readonly ready: RegExp;
  /** What stands before the command: `ip netns exec NAME`, for instance. */
  readonly prefix?: readonly string[];
}

/** One of our programs in a process of its own. */
export class Program implements AsyncDisposable {
  readonly name: string;
  /** How the process ended, once it has. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;
  readonly #ready = Promise.withResolvers<string>();
  readonly #pattern: RegExp;
  #log = "";
  #stdout = "";
  #running = true;

  private constructor(options: ProgramOptions) {
    const { name, module, args, ready, prefix = [] } = options;
    this.name = name;
    this.#pattern = ready;
    const command = [...prefix, Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all"];
    this.#child = new Deno.Command(command[0]!, {
      args: [...command.slice(1), module, ...args],
      cwd: ROOT,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = Promise.all([
      this.#collect(this.#child.stdout, (text) => this.#look(text)),
      this.#collect(this.#child.stderr, () => {}),
    ]);
    this.ended = this.#child.status.finally(() => this.#running = false);
  }

  /** Starts it and waits until it is ready; rejects with its log when it ends before. */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = new Program(options);
    const ready = await Promise.race([program.#ready.promise, program.ended]);
    if (typeof ready === "string") return program;
    await program.#output;
    throw new Error(`${options.name} did not start:\n${program.log()}`);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** What it has written so far, for a test that fails. */
  log(): string {
    return this.#log;
  }

  /** Sends a signal, if it still runs. */
  signal(signal: Deno.Signal): void {
    if (!this.#running) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended in this moment.
    }
  }

  /** Ends it by a signal, with SIGKILL after a while, and says how it ended. */
  async end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.signal(signal);
    const impatience = systemClock.after(STOP_TIMEOUT, () => this.signal("SIGKILL"));
    const status = await this.ended;
    impatience.cancel();
    await this.#output;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #collect(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    look: (text: string) => void,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      look(text);
    }
  }

  #look(text: string): void {
    this.#stdout += text;
    const line = this.#stdout.split("\n").slice(0, -1).find((one) => this.#pattern.test(one));
    if (line !== undefined) this.#ready.resolve(line);
  }
}
