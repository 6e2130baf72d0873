import { engineFlags, PROGRAMS } from "../../.build/programs.ts";
import { ROOT_PATH } from "../support/root.ts";

// The floor too: it is the least that Deno can do as the controller sets it up.
const FLAGS = engineFlags(PROGRAMS.find(({ name }) => name === "qumo-sdn")!);
// The kernel counts in these, whatever its own tick is.
const TICKS_PER_SECOND = 100;

/** A server that is measured, in a process of its own. */
export class Subject implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(
    child: Deno.ChildProcess,
    { url, output }: { url: string; output: ReadableStreamDefaultReader<string> },
  ) {
    this.url = url;
    this.#child = child;
    this.#output = output;
  }

  /** A controller with this configuration, without a limit to what a client may ask. */
  static async controller(config: object, port = 0): Promise<Subject> {
    const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
    const file = `${folder}/sdn.yaml`;
    const server = { address: `127.0.0.1:${port}`, requests_per_second: 0 };
    await Deno.writeTextFile(file, JSON.stringify({ server, log: { level: "error" }, ...config }));
    const subject = await Subject.#start(["sdn/main.ts", "-c", file]);
    await Deno.remove(folder, { recursive: true });
    return subject;
  }

  /** The floor: a bare server. */
  static floor(): Promise<Subject> {
    return Subject.#start(["tests/bench/sdn_floor.ts"]);
  }

  static async #start(args: string[]): Promise<Subject> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", ...FLAGS, ...args],
      cwd: ROOT_PATH,
      stdout: "piped",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await output.read();
      if (done) throw new Error(`It did not start: ${text}`);
      text += value;
    }
    return new Subject(child, { url: /http:\/\/[^\s]+/.exec(text)?.[0] ?? "", output });
  }

  /** Seconds of a core that it has used so far, its own and the kernel's for it. */
  async cpuSeconds(): Promise<number> {
    const stat = await Deno.readTextFile(`/proc/${this.#child.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** The memory that it holds now. */
  async rssMiB(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Math.round(Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024);
  }

  /** Asks it something that it must agree to. */
  async put(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.url}${path}`, {
      method: "PUT",
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`PUT ${path}: ${response.status} ${text}`);
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    while (!(await this.#output.read()).done);
    await this.#child.status;
  }
}

/** The share `share` of values in ascending order, in hundredths. */
export function quantile(sorted: readonly number[], share: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

/** To hundredths. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** One line of JSON. */
export function print(result: object): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
}
