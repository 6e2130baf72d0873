import {
  type ConfigReload,
  greet,
  listeningText,
  type Log,
  noTracing,
  openTracing,
  stopSignal,
} from "@qumo/shared/runtime";
import { memberConfig, parseAddress, type RelayConfig } from "./config.ts";
import type { Process } from "./process.ts";
import type { HostParts, SessionHost } from "./host.ts";
import { Relay } from "./relay.ts";
import { dial } from "./transport/mod.ts";
import { version } from "./version.ts";

/** What a relay runs with beside its configuration. */
export interface ServeParts {
  readonly createHost: (parts: HostParts) => SessionHost;
  readonly reload: ConfigReload<RelayConfig>;
  readonly log: Log;
  readonly process: Process;
}

/** Runs a relay until it is stopped. Returns the exit code. Rejects with a StartError. */
export async function serve(
  whole: RelayConfig,
  { createHost, reload, log, process }: ServeParts,
): Promise<number> {
  const { clock, hostname, starter, deno, usage } = process;
  const own = (given: RelayConfig) => memberConfig(given, hostname);
  const config = own(whole);
  const stopped = stopSignal(process);
  const program = { version: version.version, commit: version.commit, deno, usage };
  const tracing = config.telemetry.enabled ? await openTracing() : noTracing;
  const relay = await Relay.start({
    config,
    createHost,
    files: process,
    hostname,
    dial,
    starter,
    program,
    clock,
    log,
    tracing,
  });
  // Logs unhandled errors: none may end all sessions.
  const survive = (event: Event, error: unknown) => {
    event.preventDefault();
    relay.metrics.unhandledErrors++;
    log.error("unhandled error", { error, ...(error instanceof Error && { stack: error.stack }) });
  };
  addEventListener("unhandledrejection", (event) => survive(event, event.reason));
  addEventListener("error", (event) => survive(event, event.error));
  reload.follow(
    ...relay.liveKeys.map((live) => ({
      ...live,
      prepare: (next: RelayConfig) => live.prepare(own(next)),
    })),
  );
  process.onSignal("SIGHUP", () => void reload.run().then(() => relay.reload()));
  greet(process, config.log, greeting(relay));
  const failure = await Promise.race([
    stopped,
    relay.lifecycle.drainRequested,
    relay.lifecycle.failed,
  ]);
  await (failure === undefined ? relay.drain() : relay.close());
  log.info("stopped");
  return failure === undefined ? 0 : 1;
}

function greeting({ address, localAddress, certificate }: Relay): string {
  return `${version.name} ${version.version} is ready: http://${localAddress}/ (page), ` +
    `https://${localAddress} (WebTransport), moqt://${localAddress} (QUIC); ` +
    `certificate sha256 ${certificate.hash}${listeningText(parseAddress(address)!)}`;
}
