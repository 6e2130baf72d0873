import type { SessionEnd } from "../vocabulary.ts";
import type { Session, SessionResult } from "./session.ts";
import type { SessionOptions } from "./session_options.ts";

// How sessions end that have not failed.
const BLAMELESS: ReadonlySet<SessionEnd> = new Set(["peer_closed", "drained"]);

/** Lets a session run to its end, in a span that is as long. */
export async function inSessionSpan(
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
  const result = await span.run(run);
  span.set({ "qumo.session.end": result.end, "qumo.peer.relay": session.peer?.relay });
  span.end(BLAMELESS.has(result.end) ? undefined : result.end);
  return result;
}
