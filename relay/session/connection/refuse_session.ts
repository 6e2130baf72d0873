import { type Clock, sleep } from "@qumo/shared/runtime";
import type { Draft } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";
import type { Connection } from "../../transport/types.ts";
import { REFUSAL_DELAY_MS } from "../limits.ts";
import type { SessionCloser } from "./session_closer.ts";

/** Closes a session that is not, or no longer, allowed, with the code that its dialect has for that. */
export function refuseSession(
  closer: Pick<SessionCloser, "close">,
  { sessionCodes }: Pick<Draft, "sessionCodes">,
  { kind, reason }: Refusal,
): void {
  // It may come again.
  if (kind === "going_away") return closer.close("no_error", reason, "kicked");
  // No draft has a code for who has as many sessions as it may.
  if (kind === "excessive_load") return closer.close("internal_error", reason, "limit");
  const isOfToken = kind === "expired_auth_token" || kind === "malformed_auth_token";
  const code = isOfToken && sessionCodes[kind] !== undefined ? kind : "unauthorized";
  closer.close(code, reason, "unauthorized");
}

/** A session that may not begin. */
export interface NewSession {
  readonly closer: Pick<SessionCloser, "close">;
  readonly dialect: Pick<Draft, "sessionCodes">;
  readonly connection: Pick<Connection, "transport" | "closed">;
  readonly clock: Clock;
}

/** Closes a session that may not begin; browsers are given time to open their first streams. */
export async function refuseNewSession(
  { closer, dialect, connection, clock }: NewSession,
  refusal: Refusal,
): Promise<void> {
  if (connection.transport === "webtransport") {
    const gone = new AbortController();
    void connection.closed.then(() => gone.abort());
    await sleep(clock, REFUSAL_DELAY_MS, gone.signal);
  }
  refuseSession(closer, dialect, refusal);
}
