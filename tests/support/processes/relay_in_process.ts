import { noTracing, systemClock } from "@qumo/shared/runtime";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import type { RelayConfig } from "../../../relay/config.ts";
import { Relay } from "../../../relay/relay.ts";
import type { RelayOptions } from "../../../relay/relay_options.ts";
import { SessionServer } from "../../../relay/session_server.ts";
import { dial } from "../../../relay/transport/mod.ts";
import { memoryLog } from "../worlds/memory_log.ts";

/** A relay in the process of the test: it starts at once and can be looked into. */
export type RelayInProcess = Awaited<ReturnType<typeof startRelayInProcess>>;

/**
 * Starts a relay on a free port of the loopback address; `change` is what differs from the defaults,
 * `files` are texts by their paths, `parts` are in the place of the network.
 */
export async function startRelayInProcess(
  change: Partial<RelayConfig> = {},
  files: Readonly<Record<string, string>> = {},
  parts: Partial<Pick<RelayOptions, "dial" | "openListeners">> = {},
) {
  const { log, lines } = memoryLog();
  const server = { ...DEFAULTS.server, ...change.server, address: "127.0.0.1:0" };
  const relay = await Relay.start({
    config: { ...DEFAULTS, ...change, server },
    createHost: (parts) => new SessionServer(parts),
    files: {
      readText: (path) =>
        path in files
          ? Promise.resolve(files[path]!)
          : Promise.reject(new Error(`A test's relay reads no files, ${path} neither`)),
      modified: () => Promise.resolve(0),
    },
    hostname: () => "host",
    dial,
    ...parts,
    program: {
      version: "test",
      commit: "",
      deno: Deno.version.deno,
      usage: () => {
        const { rss, heapUsed } = Deno.memoryUsage();
        return { cpuSeconds: performance.now() / 1000, residentBytes: rss, heapBytes: heapUsed };
      },
    },
    clock: systemClock,
    log,
    tracing: noTracing,
  });
  return {
    relay,
    /** What it has logged so far. */
    lines,
    port: Number(relay.address.split(":").at(-1)),
    certificateHash: Uint8Array.fromHex(relay.certificate.hash),
    [Symbol.asyncDispose]: () => relay.close(),
  };
}
