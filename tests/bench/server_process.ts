import { sleep, systemClock } from "@qumo/shared/runtime";
import { engineFlags, PROGRAMS } from "../../.build/programs.ts";
import { relayBundle } from "./relay_bundle.ts";

/** Where a program takes QUIC connections on the loopback address. */
export interface ServerAddress {
  readonly port: number;
  /** SHA-256 of its certificate, in hex. */
  readonly certificateHash: string;
}

/** A program that takes QUIC connections, and what the kernel counts of it (Linux). */
export interface ServerProcess extends ServerAddress, AsyncDisposable {
  /** Seconds of a core that it has used so far, its own and the kernel's for it. */
  cpuSeconds(): Promise<number>;
  /** Resident memory in bytes. */
  residentBytes(): Promise<number>;
  /** Resident memory in bytes, and what of it is no page of a file. */
  memory(): Promise<{ readonly resident: number; readonly anonymous: number }>;
}

// The kernel counts in these, whatever its own tick is.
const TICKS_PER_SECOND = 100;

const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 10_000;

// What it prints when it is ready.
const READY = /127\.0\.0\.1:(\d+).* sha256 ([0-9a-f]{64})/;

// As the image and the systemd units have it.
const IMAGE = { MALLOC_ARENA_MAX: "1" };

/** How Deno runs a server. */
export interface ServerOptions {
  /** Flags of Deno beside the usual. */
  readonly flags?: readonly string[];
  /** Where it leaves a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
  /** Variables of its environment beside ours. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a module in a Deno of its own and waits until it says, on its standard output, where it
 * listens and with which certificate.
 */
export async function startServer(
  module: URL,
  args: readonly string[],
  { flags = [], profileDir, env = {} }: ServerOptions = {},
): Promise<ServerProcess> {
  const profiling = profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", ...flags, ...profiling, module.href, ...args],
    env: { ...IMAGE, ...env },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const impatience = systemClock.after(START_TIMEOUT, () => end(child, "SIGKILL"));
  try {
    const { port, certificateHash, output } = await readGreeting(child.stdout);
    return new ChildServer(child, port, certificateHash, output);
  } catch (error) {
    end(child, "SIGKILL");
    await child.status;
    throw error;
  } finally {
    impatience.cancel();
  }
}

const SOURCES = new URL("../../relay/main.ts", import.meta.url);

/** The flags of the engine that the relay's executable has. */
export const relayFlags = engineFlags(PROGRAMS.find(({ name }) => name === "qumo-relay")!);

/** Runs a relay as its executable does; from its sources when it leaves a profile, which names them. */
export async function startRelay(
  env: Readonly<Record<string, string>> = {},
  options: Omit<ServerOptions, "env" | "flags"> & { readonly args?: readonly string[] } = {},
): Promise<ServerProcess> {
  const args = ["--address", "127.0.0.1:0", "--log-level", "warn", ...options.args ?? []];
  const module = options.profileDir === undefined ? await relayBundle() : SOURCES;
  return await startServer(module, args, { ...options, flags: relayFlags, env });
}

function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

/** Seconds that the machine's cores were busy since it started, all of them together. */
export async function machineCpuSeconds(): Promise<number> {
  const [total = ""] = (await Deno.readTextFile("/proc/stat")).split("\n");
  const [user, nice, system, , , irq, softirq] = total.split(/ +/).slice(1).map(Number);
  return (user! + nice! + system! + irq! + softirq!) / TICKS_PER_SECOND;
}

/** Seconds of a core that a process has used so far, its own and the kernel's for it. */
export async function processCpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, the rest are numbers.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) / TICKS_PER_SECOND;
}

async function readGreeting(stdout: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = "";;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The server did not start: ${text}`);
    text += value;
    const [, port, certificateHash] = READY.exec(text) ?? [];
    if (port !== undefined && certificateHash !== undefined) {
      return { port: Number(port), certificateHash, output: drain(reader) };
    }
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

class ChildServer implements ServerProcess {
  readonly port: number;
  readonly certificateHash: string;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<void>;

  constructor(
    child: Deno.ChildProcess,
    port: number,
    certificateHash: string,
    output: Promise<void>,
  ) {
    this.#child = child;
    this.port = port;
    this.certificateHash = certificateHash;
    this.#output = output;
  }

  cpuSeconds(): Promise<number> {
    return processCpuSeconds(this.#child.pid);
  }

  async residentBytes(): Promise<number> {
    return (await this.memory()).resident;
  }

  async memory(): Promise<{ resident: number; anonymous: number }> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
    return { resident: bytes("VmRSS"), anonymous: bytes("RssAnon") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    end(this.#child, "SIGTERM");
    const stopped = new AbortController();
    const patience = sleep(systemClock, STOP_TIMEOUT, stopped.signal).then(() => {
      if (!stopped.signal.aborted) end(this.#child, "SIGKILL");
    });
    await this.#child.status;
    stopped.abort();
    await patience;
    await this.#output;
  }
}
