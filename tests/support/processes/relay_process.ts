import { systemClock } from "@qumo/shared/runtime";
import { type Launch, launchCommand } from "./launch.ts";
import type { QuicServerAddress } from "../transport/quic_transport.ts";

/** A relay that runs as its own process on a port of the loopback address that was free. */
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
  /** The most memory in bytes that it ever had. */
  peakRss(): Promise<number>;
  /** Sends a signal. */
  kill(signal: Deno.Signal): void;
  /** How the process ended, once it has. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Asks it to end, waits until it has, and says how. */
  stop(): Promise<Deno.CommandStatus>;
}

const MAIN = new URL("../../../relay/main.ts", import.meta.url);

// What it says on its standard output once it is ready names the port.
const ADDRESS = /127\.0\.0\.1:(\d+)/;

// A process that ignores SIGTERM for longer than its own drain timeout hangs: the test goes on without it.
const STOP_TIMEOUT = 15_000;

// Few tests are about leaving in peace.
const IMPATIENT = { drain_timeout_ms: 100 };

/**
 * Starts a relay with this configuration, but for the address, and waits until it is ready.
 */
export async function startRelay(
  config: { readonly [section: string]: unknown } = {},
  launch: Launch = {},
): Promise<RelayProcess> {
  const file = await Deno.makeTempFile({ prefix: "relay_", suffix: ".yaml" });
  const server = { ...(config["server"] as object | undefined), address: "127.0.0.1:0" };
  await Deno.writeTextFile(file, JSON.stringify({ ...IMPATIENT, ...config, server }));
  const { command, args, env } = launchCommand(launch, MAIN.href, ["--config", file]);
  const child = new Deno.Command(command, {
    args,
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const relay = new ChildRelay(child, file);
  try {
    await relay.ready();
    return relay;
  } catch (error) {
    await relay.stop();
    throw error;
  }
}

class ChildRelay implements RelayProcess {
  port = 0;
  certificateHash = new Uint8Array();
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #configFile: string;
  readonly #output: Promise<unknown>;
  readonly #announced = Promise.withResolvers<number>();
  #log = "";
  #running = true;

  constructor(child: Deno.ChildProcess, configFile: string) {
    this.#child = child;
    this.#configFile = configFile;
    this.#output = Promise.all([
      this.#collect(child.stdout, (text) => this.#lookForPort(text)),
      this.#collect(child.stderr, () => {}),
    ]);
    this.ended = child.status.finally(() => this.#running = false);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Waits until it says where it is, and reads which certificate it shows. */
  async ready(): Promise<void> {
    const port = await Promise.race([this.#announced.promise, this.ended]);
    if (typeof port !== "number") throw new Error(`The relay did not start:\n${this.#log}`);
    this.port = port;
    await this.#get("/health?probe=live");
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

  rss(): Promise<number> {
    return this.#memory("VmRSS");
  }

  peakRss(): Promise<number> {
    return this.#memory("VmHWM");
  }

  async #memory(kind: string): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(status.match(new RegExp(`${kind}:\\s+(\\d+) kB`))?.[1]) * 1024;
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

  async #collect(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    look: (text: string) => void,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      look(text);
    }
  }

  #lookForPort(text: string): void {
    const found = text.match(ADDRESS)?.[1];
    if (found !== undefined) this.#announced.resolve(Number(found));
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(this.origin + path);
    const body = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body}`);
    return body;
  }
}
