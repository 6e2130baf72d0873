import type { Draft } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";
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
