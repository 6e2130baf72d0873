import { systemClock } from "@qumo/shared/runtime";
import { fileURLToPath } from "node:url";

/** A program and its arguments, as they are started. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** What a program is started with besides its command line. */
export interface ProcessEnvironment {
  /** Set beside the variables of the test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

// Longer than any drain of a test.
const STOP_TIMEOUT = 15_000;

/** A relay or a controller that was started by a command line and has said that it is ready. */
export class ProgramProcess implements AsyncDisposable {
  /** Its port on the loopback address. */
  port = 0;
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;
  readonly #ready = Promise.withResolvers<number>();
  #text = "";
  #running = true;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#output = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]);
    this.ended = child.status.finally(() => this.#running = false);
  }

  /** Starts it and waits until it is ready; rejects with all that it wrote when it ends instead. */
  static async start(
    command: CommandLine,
    { env, cwd }: ProcessEnvironment,
  ): Promise<ProgramProcess> {
    const [program, ...args] = command;
    const child = new Deno.Command(program, {
      args,
      cwd: cwd ?? ROOT,
      env: { ...env },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const process = new ProgramProcess(child);
    const port = await Promise.race([process.#ready.promise, process.ended]);
    if (typeof port === "number") {
      process.port = port;
      return process;
    }
    await process.#output;
    throw new Error(`It did not start: ${process.log()}`);
  }

  /** What it has written so far. */
  log(): string {
    return this.#text;
  }

  /** Asks it over HTTP. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, init);
  }

  /** Asks it something that it must agree to. */
  async get(path: string, init: RequestInit = {}): Promise<string> {
    const response = await this.ask(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  }

  kill(signal: Deno.Signal): void {
    if (this.#running) this.#child.kill(signal);
  }

  /** Asks it to end, waits until it has, and gives its exit code. */
  async stop(): Promise<number> {
    this.kill("SIGTERM");
    const impatience = systemClock.after(STOP_TIMEOUT, () => this.kill("SIGKILL"));
    const { code } = await this.ended;
    impatience.cancel();
    await this.#output;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#text += text;
      const port = /is ready: https?:\/\/127\.0\.0\.1:(\d+)/.exec(this.#text)?.[1];
      if (port !== undefined) this.#ready.resolve(Number(port));
    }
  }
}

/** Runs a command to its end. */
export async function runToEnd(
  [program, ...args]: CommandLine,
  { env, cwd }: ProcessEnvironment = {},
) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: cwd ?? ROOT,
    env: { ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
