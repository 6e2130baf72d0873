import { type Clock, messageOf, printable } from "@qumo/shared/runtime";
import { reportedHash } from "../reported_hash.ts";
import type { SessionResult } from "../session/session.ts";
import { NoCommonProtocol } from "../transport/mod.ts";
import { CERTIFICATE_MS, MAX_SAID } from "./limits.ts";
import type { Target } from "./target.ts";

/** Why a relay could not be called, in words, with what to do. */
export async function callFailure(error: unknown, target: Target, clock: Clock): Promise<string> {
  const { authority, protocols } = target;
  const reason = printable(messageOf(error), MAX_SAID);
  if (error instanceof NoCommonProtocol || /chose (no|a) protocol/.test(reason)) {
    return `${authority} speaks none of ${protocols.join(", ")}`;
  }
  if (CERTIFICATE.test(reason)) return await certificateFailure(reason, target, clock);
  if (/answered 40[13]\b/.test(reason)) {
    return `${authority} lets nobody in with ${tokenText(target)}: ${reason}`;
  }
  if (!SILENCE.test(reason)) return `${authority} cannot be reached: ${reason}`;
  const { answers } = await reportedHash(authority, clock, CERTIFICATE_MS);
  return answers
    ? `${authority} answers over TCP and not over UDP: is UDP blocked on the way? (${reason})`
    : `Nothing answers at ${authority}, over UDP or TCP: is the relay there, and is this its port? ` +
      `(${reason})`;
}

/** Why a session did not come about, or ended, in words. */
export function sessionEnd({ authority, ...target }: Target, { info }: SessionResult): string {
  const reason = printable(info.reason, MAX_SAID);
  const said = reason === "" ? `code ${info.code}` : `${reason} (code ${info.code})`;
  if (info.by === "lost") return `The connection to ${authority} was lost: ${said}`;
  if (info.by === "local") return `The session with ${authority} was given up: ${said}`;
  if (info.code === UNAUTHORIZED || /unauthori[sz]ed|token/i.test(reason)) {
    return `${authority} lets nobody in with ${tokenText(target)}: ${said}`;
  }
  return `${authority} closed the session: ${said}`;
}

async function certificateFailure(
  reason: string,
  { authority }: Target,
  clock: Clock,
): Promise<string> {
  const { hash } = await reportedHash(authority, clock, CERTIFICATE_MS);
  const advice = hash === undefined
    ? "say --ca FILE for an authority of your own, or --certificate-hash HASH"
    : `it says over HTTP that its certificate is the one of\n  --certificate-hash ${hash}`;
  return `The certificate of ${authority} is not taken (${reason}): ${advice}`;
}

function tokenText({ token, path }: Pick<Target, "token" | "path">): string {
  return token === undefined && !/[?&]jwt=/.test(path)
    ? "no token: say --token-file FILE"
    : "this token; `qumo-relay check --token FILE` says what it allows";
}

const CERTIFICATE = /certificate|UnknownIssuer|NotValidForName|error 4[2-8]\b/i;
const SILENCE = /timed out|took longer|refused|unreachable/i;

/** In every draft. */
const UNAUTHORIZED = 2;
