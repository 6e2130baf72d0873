import type { SessionEnd } from "../vocabulary/mod.ts";
import type { Session, SessionResult } from "./session.ts";
import type { SessionOptions } from "./session_options.ts";

// Session ends that are not errors.
const BLAMELESS: ReadonlySet<SessionEnd> = new Set(["peer_closed", "drained"]);

/** Runs a session within a span of the same duration. */
export function inSessionSpan(
  session: Session,
  { tracing, role }: Pick<SessionOptions, "tracing" | "role">,
  run: () => Promise<SessionResult>,
): Promise<SessionResult> {
  const { connection, protocol, id } = session;
  const span = tracing.start("moqt session", {
    kind: role,
    attributes: {
      "network.peer.address": connection.remoteAddress,
      "network.protocol.name": protocol,
      "qumo.transport": connection.transport,
      "qumo.session": id,
    },
  });
  return span.run(run).then((result) => {
    span.set({ "qumo.session.end": result.end, "qumo.peer.relay": session.peer?.relay });
    span.end(BLAMELESS.has(result.end) ? undefined : result.end);
    return result;
  });
}
