import type { Log } from "@qumo/shared/runtime";
import type { Draft, SessionErrorName } from "@qumo/shared/wire";
import type { CloseInfo, Connection } from "../../../transport/types.ts";
import { closingOf, placeOf } from "../../errors.ts";
import type { SessionEnd } from "../../../vocabulary.ts";
import type { SessionMetrics } from "../../metrics.ts";

/** What {@linkcode Closing} works with. */
export interface ClosingParts {
  readonly connection: Pick<Connection, "close">;
  readonly metrics: SessionMetrics;
  readonly log: Log;
  readonly draft: Draft;
}

/** How a session ends: what closed the connection counts, ours where we did, the peer's where it did. */
export class Closing {
  readonly #parts: ClosingParts;
  #end: SessionEnd | undefined;

  constructor(parts: ClosingParts) {
    this.#parts = parts;
  }

  /** Closes the connection. */
  close(code: SessionErrorName, reason: string, end: SessionEnd): void {
    this.#end ??= end;
    const { connection, draft } = this.#parts;
    connection.close(draft.sessionCodes[code], reason);
  }

  /** Closes it for an error, which is the peer's fault or ours. */
  fail(error: unknown): void {
    const { metrics, log } = this.#parts;
    const { code, reason } = closingOf(error);
    if (code === "internal_error") {
      metrics.unhandledErrors++;
      log.error("session failed", { error });
      return this.close(code, reason, "internal_error");
    }
    metrics.malformed[placeOf(error)]++;
    this.close(code, reason, "protocol_error");
  }

  /** The connection is closed and nothing is left: notes how that came, and tells. */
  ended(info: CloseInfo): SessionEnd {
    const { metrics, log } = this.#parts;
    // What we wanted to close it for came too late where it was closed already.
    const end = info.by === "local" && this.#end !== undefined ? this.#end : this.#endOf(info);
    metrics.sessionsEnded[end]++;
    log.info("session ended", { end, closed_by: info.by, code: info.code, reason: info.reason });
    return end;
  }

  #endOf(info: CloseInfo): SessionEnd {
    if (info.by === "lost") return "lost";
    if (info.overLimit) return "limit";
    const { no_error: _, ...errors } = this.#parts.draft.sessionCodes;
    // Other codes are an application's own, a page's for example, and say nothing about an error.
    return Object.values(errors).includes(info.code) ? "peer_error" : "peer_closed";
  }
}
