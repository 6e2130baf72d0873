import { systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../deadline.ts";
import { ROOT_PATH } from "../root.ts";

/** A program and its arguments, as they are started. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** What a program is started with besides its command line. */
export interface ProcessEnvironment {
  /** Set beside the variables of the test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string | URL;
  /** Removed when the program has ended. */
  readonly folder?: string;
}

/** How one of our programs is started, apart from its configuration. */
export interface Launch extends Pick<ProcessEnvironment, "env"> {
  /** For the engine that it runs on. */
  readonly v8Flags?: readonly string[];
  /** What stands before its command: `ip netns exec NAME`, for instance. */
  readonly prefix?: readonly string[];
}

// What both programs say of themselves, in words and as JSON.
const READY = /is ready: (https?:\/\/[^\s"]+:(\d+))[^\d]/;

// Longer than any drain of a test on a busy machine: a program that ignores a signal for longer hangs.
const STOP_TIMEOUT = 60_000;

/** The command that runs a module of ours, below the project's folder. */
export function runModule(
  module: string,
  args: readonly string[],
  { v8Flags = [], prefix = [] }: Launch = {},
): CommandLine {
  const engine = v8Flags.length > 0 ? [`--v8-flags=${v8Flags.join()}`] : [];
  const run = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", ...engine];
  const [program, ...rest] = [...prefix, ...run, module, ...args];
  return [program!, ...rest];
}

/** A program of ours in a process of its own: what it says, what it answers, and how it ends. */
export class ProgramProcess implements AsyncDisposable {
  /** Its exit code, once it has ended and all that it wrote is read. */
  readonly ended: Promise<number>;
  /** Where it says that its HTTP or its page is, once it is ready. */
  url = "";
  /** Its port, once it is ready. */
  port = 0;
  readonly #child: Deno.ChildProcess;
  #log = "";
  #isRunning = true;
  #news = Promise.withResolvers<void>();

  /** Begins it; {@linkcode ready} waits for it. */
  constructor([program, ...args]: CommandLine, { env, cwd, folder }: ProcessEnvironment = {}) {
    this.#child = new Deno.Command(program, {
      args,
      cwd: cwd ?? ROOT_PATH,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ended = this.#run(folder);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Waits until it says that it is ready; when it does not it is ended, and what it wrote is the reason. */
  async ready(): Promise<this> {
    const [, url, port] = await this.says(READY).catch(async (error) => {
      await this.end();
      throw error;
    });
    this.url = url!;
    this.port = Number(port);
    return this;
  }

  /** Waits until it has written this; rejects with all that it wrote when it ends before, or does not in time. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    using deadline = new Deadline();
    for (;;) {
      const found = pattern.exec(this.#log);
      if (found !== null) return found;
      const news = Promise.race([this.#news.promise, this.ended]);
      const code = await deadline.for(`${pattern} after ${this.#log}`, news);
      if (code === undefined || pattern.test(this.#log)) continue;
      throw new Error(`It ended with ${code} before it said ${pattern}:\n${this.#log}`);
    }
  }

  /** What it has written so far, for a test that fails. */
  log(): string {
    return this.#log;
  }

  /** Where it answers plain HTTP: the number of its port, over TCP. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Asks its API. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return askApi(this.origin + path, method, body);
  }

  /** Asks it something that it must agree to, and gives the text. */
  async get(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(this.origin + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  }

  /** Resident memory in bytes: what it has now, or the most that it ever had, which the kernel calls VmHWM. */
  async residentBytes(kind: "VmRSS" | "VmHWM" = "VmRSS"): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
    return Number(status.match(new RegExp(`${kind}:\\s+(\\d+) kB`))?.[1]) * 1024;
  }

  /** Sends a signal, if it still runs. */
  kill(signal: Deno.Signal): void {
    if (!this.#isRunning) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended in this moment.
    }
  }

  /** Ends it by a signal, with SIGKILL after a while, waits until it has and gives its exit code. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    this.kill(signal);
    const impatience = systemClock.after(STOP_TIMEOUT, () => this.kill("SIGKILL"));
    const code = await this.ended;
    impatience.cancel();
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #run(folder: string | undefined): Promise<number> {
    const { stdout, stderr, status } = this.#child;
    const output = Promise.all([this.#read(stdout), this.#read(stderr)]);
    const { code } = await status;
    this.#isRunning = false;
    await output;
    if (folder !== undefined) await Deno.remove(folder, { recursive: true });
    return code;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    }
  }
}

/** An answer of an API. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- answers of every shape
  readonly body: any;
}

/** Asks an API at this URL. */
export async function askApi(url: string, method: string, body?: unknown): Promise<Answer> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await fetch(url, { method, body: text });
  return { status: response.status, body: await response.json() };
}

/** Starts a program and waits until it is ready. */
export function startProgram(
  command: CommandLine,
  environment: ProcessEnvironment = {},
): Promise<ProgramProcess> {
  return new ProgramProcess(command, environment).ready();
}

/** Writes the configuration of a program into a folder of its own. */
export async function writeConfig(config: object): Promise<{ folder: string; file: string }> {
  const folder = await Deno.makeTempDir({ prefix: "qumo_" });
  const file = `${folder}/config.yaml`;
  await Deno.writeTextFile(file, JSON.stringify(config));
  return { folder, file };
}

/** Runs a command to its end; it may read the input, or leave it. */
export async function runToEnd(
  [program, ...args]: CommandLine,
  { env, cwd }: ProcessEnvironment = {},
  input = "",
) {
  const child = new Deno.Command(program, {
    args,
    cwd: cwd ?? ROOT_PATH,
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const read = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), read]);
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
