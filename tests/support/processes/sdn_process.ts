import { fileURLToPath } from "node:url";
import { type Launch, launchCommand } from "./launch.ts";

/** What a controller logs while it cannot read its store. */
const WAITS = "cannot read the store, not ready";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A controller that runs as its own process on a port of the loopback address that was free. */
export class SdnProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  /** What it wrote to stderr, once it has ended. */
  readonly log: Promise<string>;
  /** Where its API is. */
  readonly url: string;

  private constructor(
    { child, folder, log }: { child: Deno.ChildProcess; folder: string; log: Promise<string> },
    url: string,
  ) {
    this.#child = child;
    this.#folder = folder;
    this.log = log;
    this.url = url;
  }

  /**
   * Starts a controller with this configuration and waits until it is ready; rejects when it ends
   * before.
   */
  static async start(config: object, how: Launch = {}): Promise<SdnProcess> {
    const { child, folder } = await launch(config, how);
    const log = new Response(child.stderr).text();
    let text = "";
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      const url = /http:\/\/\S+/.exec(text)?.[0];
      if (url !== undefined) return new SdnProcess({ child, folder, log }, url);
    }
    const { code } = await child.status;
    await Deno.remove(folder, { recursive: true });
    throw new Error(`The controller ended with ${code} before it was ready: ${await log}`);
  }

  /** Runs a controller that cannot read its store until it says why, and returns what it says. */
  static async waiting(config: object): Promise<string> {
    const { child, folder } = await launch(config, {});
    let log = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      const wasSaid = log.includes(WAITS);
      log += part;
      if (!wasSaid && log.includes(WAITS)) child.kill("SIGTERM");
    }
    await child.stdout.cancel();
    const { code } = await child.status;
    await Deno.remove(folder, { recursive: true });
    if (code !== 0) throw new Error(`The controller ended with ${code}: ${log}`);
    return log;
  }

  /** Asks its API. */
  async ask(method: string, path: string, body?: unknown) {
    const text = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(`${this.url}${path}`, { method, body: text });
    // deno-lint-ignore no-explicit-any -- answers of every shape
    return { status: response.status, body: await response.json() as any };
  }

  /** The most memory that it ever had resident, in bytes. */
  async peakRss(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(status.match(/VmHWM:\s+(\d+) kB/)?.[1]) * 1024;
  }

  /** Ends it by a signal; gives its exit code. */
  async end(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended by itself.
    }
    await this.#child.status;
    await this.log;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Begins a process with a configuration in a folder of its own. */
async function launch(config: object, how: Launch) {
  const folder = await Deno.makeTempDir({ prefix: "sdn_" });
  const file = `${folder}/sdn.yaml`;
  await Deno.writeTextFile(file, JSON.stringify(config));
  const flags = ["--address", "127.0.0.1:0", "-c", file];
  const { command, args, env } = launchCommand(how, "sdn/main.ts", flags);
  const child = new Deno.Command(command, {
    args,
    cwd: ROOT,
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return { child, folder };
}
