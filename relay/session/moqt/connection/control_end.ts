import { type Clock, sleep } from "@qumo/shared/runtime";
import type { Connection } from "../../../transport/types.ts";
import { violation } from "../../errors.ts";
import { CLOSE_AFTER_CONTROL_MS } from "../../limits.ts";

/**
 * Handles the end of a peer's control stream, which may only end together with the session: its close
 * may arrive a little later.
 */
export async function controlStreamEnded(
  connection: Pick<Connection, "closed">,
  clock: Clock,
  how: "closed" | "reset",
): Promise<void> {
  const waiting = new AbortController();
  const late = sleep(clock, CLOSE_AFTER_CONTROL_MS, waiting.signal).then(() => true);
  const isLate = await Promise.race([late, connection.closed.then(() => false)]);
  waiting.abort();
  if (isLate) throw violation(`The control stream was ${how}`);
}
