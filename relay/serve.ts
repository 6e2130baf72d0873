import type { Clock, Log } from "@qumo/shared/runtime";
import type { FileAccess } from "./certificate.ts";
import type { RelayConfig } from "./config.ts";
import { type HostParts, Relay, type SessionHost } from "./relay.ts";
import { version } from "./version.ts";

/** What the process gives to the relay that it runs. */
export interface Process {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: FileAccess;
  /** The version of Deno. */
  readonly deno: string;
  /** Prints a line for the person who started it. */
  readonly say: (line: string) => void;
  /** Resolves when somebody wants the relay to stop. */
  readonly stop: Promise<void>;
  /** Calls back whenever somebody wants the certificate to be read again. */
  readonly onReload: (reload: () => void) => void;
}

/** Runs a relay until it is told to stop; returns the process's exit code. */
export async function serve(
  config: RelayConfig,
  createHost: (parts: HostParts) => SessionHost,
  { clock, log, files, deno, say, stop, onReload }: Process,
): Promise<number> {
  const build = { version: version.version, commit: version.commit, deno };
  const relay = await Relay.start({ config, createHost, files, build, clock, log });
  // The last net: a fault that nobody answers for must not end everybody's session.
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    relay.metrics.unhandledErrors++;
    log.error("unhandled error", { error: event.reason, stack: event.reason?.stack });
  };
  addEventListener("unhandledrejection", onUnhandled);
  onReload(() => void relay.reloadCertificate());
  say(greeting(relay));
  const failure = await Promise.race([stop, relay.failed]);
  await (failure === undefined ? relay.drain() : relay.close());
  removeEventListener("unhandledrejection", onUnhandled);
  log.info("ended");
  return failure === undefined ? 0 : 1;
}

function greeting({ localAddress, certificate }: Relay): string {
  return `${version.name} ${version.version} is ready: https://${localAddress} (WebTransport), ` +
    `moqt://${localAddress} (QUIC), http://${localAddress}/status; ` +
    `certificate sha256 ${certificate.hash}`;
}
