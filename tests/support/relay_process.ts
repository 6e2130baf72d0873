import { sleep, systemClock } from "@qumo/shared/runtime";
import type { QuicServerAddress } from "./quic_transport.ts";

/** A relay that runs as its own process on free port numbers of the loopback address. */
export interface RelayProcess extends QuicServerAddress, AsyncDisposable {
  /** Where its HTTP is: the port number of the media, over TCP. */
  readonly origin: string;
  /** What it has written so far, for a test that fails. */
  log(): string;
  /** The JSON of `/status`. */
  status(): Promise<unknown>;
  /** The text of `/metrics`. */
  metrics(): Promise<string>;
  /** Resident memory in bytes. */
  rss(): Promise<number>;
  /** Sends a signal. */
  kill(signal: Deno.Signal): void;
  /** How the process ended, once it has. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Asks it to end, waits until it has, and says how. */
  stop(): Promise<Deno.CommandStatus>;
}

const MAIN = new URL("../../relay/main.ts", import.meta.url);
const POLL_INTERVAL = 50;

// A process that ignores SIGTERM for longer than its own drain timeout hangs: the test goes on without it.
const STOP_TIMEOUT = 15_000;

/**
 * Starts a relay and waits until it is ready. `config` is the configuration's content; the address
 * is filled in.
 */
export async function startRelay(
  config: { readonly [section: string]: unknown } = {},
  signal?: AbortSignal,
): Promise<RelayProcess> {
  const port = freePort();
  const file = await Deno.makeTempFile({ prefix: "relay_", suffix: ".yaml" });
  const server = { ...(config["server"] as object | undefined), address: `127.0.0.1:${port}` };
  await Deno.writeTextFile(file, JSON.stringify({ ...config, server }));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", MAIN.href, "--config", file],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const relay = new ChildRelay(port, child, file);
  try {
    await relay.ready(signal);
  } catch (error) {
    await relay.stop();
    throw error;
  }
  return relay;
}

class ChildRelay implements RelayProcess {
  readonly port: number;
  readonly origin: string;
  readonly ended: Promise<Deno.CommandStatus>;
  certificateHash = new Uint8Array();
  readonly #child: Deno.ChildProcess;
  readonly #configFile: string;
  readonly #output: Promise<unknown>;
  #log = "";
  #running = true;

  constructor(port: number, child: Deno.ChildProcess, configFile: string) {
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.#child = child;
    this.#configFile = configFile;
    this.#output = Promise.all([this.#collect(child.stdout), this.#collect(child.stderr)]);
    this.ended = child.status.finally(() => this.#running = false);
  }

  /** Waits until it says that it is ready, and reads which certificate it shows. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (!(await this.#answers("/health?probe=ready"))) {
      signal?.throwIfAborted();
      if (!this.#running) throw new Error(`The relay ended before it was ready:\n${this.#log}`);
      await sleep(systemClock, POLL_INTERVAL, signal);
    }
    this.certificateHash = Uint8Array.fromHex(await this.#get("/certificate.sha256"));
  }

  log(): string {
    return this.#log;
  }

  async status(): Promise<unknown> {
    return JSON.parse(await this.#get("/status"));
  }

  metrics(): Promise<string> {
    return this.#get("/metrics");
  }

  async rss(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1]) * 1024;
  }

  kill(signal: Deno.Signal): void {
    if (this.#running) this.#child.kill(signal);
  }

  async stop(): Promise<Deno.CommandStatus> {
    this.kill("SIGTERM");
    const impatience = systemClock.after(STOP_TIMEOUT, () => this.kill("SIGKILL"));
    const status = await this.ended;
    impatience.cancel();
    await this.#output;
    await Deno.remove(this.#configFile).catch(() => {});
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#log += text;
  }

  async #answers(path: string): Promise<boolean> {
    try {
      await this.#get(path);
      return true;
    } catch {
      return false;
    }
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(this.origin + path);
    const body = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body}`);
    return body;
  }
}

/** A number that is free for UDP and TCP now; nobody else on a test machine asks for this one. */
function freePort(): number {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return tcp.addr.port;
}
