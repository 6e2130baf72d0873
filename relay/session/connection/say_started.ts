import type { LogFields } from "@qumo/shared/runtime";
import type { Rights } from "../rights.ts";
import type { SessionOptions } from "../session_options.ts";

/** Logs that a peer came in. */
export function sayStarted(
  { log, connection }: Pick<SessionOptions, "log" | "connection">,
  { protocol, path, holder, ...fields }: {
    readonly protocol: string;
    readonly path: string;
    readonly holder: Rights["holder"];
  } & LogFields,
): void {
  log.info("session started", {
    transport: connection.transport,
    protocol,
    peer: connection.remoteAddress,
    // A query may contain a token.
    path: path.split("?")[0],
    ...fields,
    ...holder,
  });
}
