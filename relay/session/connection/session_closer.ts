import type { Log } from "@qumo/shared/runtime";
import { type Draft, sessionCodeOf, type SessionErrorName } from "@qumo/shared/wire";
import type { CloseInfo, Connection } from "../../transport/types.ts";
import { closingOf, placeOf } from "../errors.ts";
import type { SessionEnd } from "../../vocabulary/mod.ts";
import type { SessionMetrics } from "../metrics.ts";

/** The dependencies of {@linkcode SessionCloser}. */
export interface SessionCloserParts {
  readonly connection: Pick<Connection, "close">;
  readonly metrics: SessionMetrics;
  readonly log: Log;
  /** The dialect's codes. */
  readonly draft: Pick<Draft, "sessionCodes">;
}

/**
 * Closes the connection, and classifies why the session ended: by the local reason if the relay
 * closed it, otherwise by the peer's code.
 */
export class SessionCloser {
  readonly #parts: SessionCloserParts;
  #end: SessionEnd | undefined;

  constructor(parts: SessionCloserParts) {
    this.#parts = parts;
  }

  /** Closes the connection; only the first reason counts. */
  close(code: SessionErrorName, reason: string, end: SessionEnd): void {
    this.#end ??= end;
    const { connection, draft } = this.#parts;
    connection.close(sessionCodeOf(draft.sessionCodes, code), reason);
  }

  /** Closes the connection for an error of the peer or of the relay. */
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

  /** Counts and logs the end of the session, after the connection was closed. */
  ended(info: CloseInfo): SessionEnd {
    const { metrics, log } = this.#parts;
    // A local reason counts only if the local close came first.
    const end = info.by === "local" && this.#end !== undefined ? this.#end : this.#endOf(info);
    metrics.sessionsEnded[end]++;
    log.info("session ended", { end, closed_by: info.by, code: info.code, reason: info.reason });
    return end;
  }

  #endOf(info: CloseInfo): SessionEnd {
    if (info.by === "lost") return "lost";
    if (info.overLimit) return "limit";
    const { no_error: _, ...errors } = this.#parts.draft.sessionCodes;
    // Other codes belong to an application, such as a web page, and are no errors.
    return Object.values(errors).includes(info.code) ? "peer_error" : "peer_closed";
  }
}
