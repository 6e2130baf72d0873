import { namespaceText, trackText } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { requestError } from "./refusals.ts";
import type { RequestChannel, RequestSubject } from "./requests.ts";
import { isOfSession } from "../../connection/reserved.ts";
import type { RequestKind } from "../../../vocabulary/mod.ts";
import type { Hints, Reporting } from "../connection/facets.ts";

/** The interfaces that {@linkcode refuse} uses of its session. */
export type RefuseContext = Reporting & Hints;

/** A request that is not served. */
export interface Refused {
  readonly request: RequestKind;
  /** What it asked for. */
  readonly subject: RequestSubject;
  readonly refusal: Refusal;
}

/** Answers a request with its refusal, counts it, and says in the log what was refused and why. */
export function refuse(
  context: RefuseContext,
  stream: RequestChannel,
  { request, subject, refusal }: Refused,
): void {
  const { requests } = context.metrics;
  // Relays ping each other with a reserved name several times a second.
  const isProbe = isOfSession(subject.namespace);
  if (isProbe && request === "track_status") requests.link_probe.ok++;
  else requests[request][refusal.kind]++;
  stream.send(requestError(refusal));
  stream.finish();
  if (!isProbe) {
    context.events.say("request refused", {
      request,
      ...nameFields(subject),
      refusal: refusal.kind,
      reason: refusal.reason,
      ...(isMissing(refusal) && hint(context, subject.namespace)),
    });
  }
}

/** The log fields of a request's name. */
export function nameFields(
  { namespace, name }: RequestSubject,
): { track: string } | { namespace: string } {
  return name === undefined
    ? { namespace: namespaceText(namespace) }
    : { track: trackText({ namespace, name }) };
}

/** Names the scopes that the same name is in, for a peer that perhaps connected to the wrong path. */
export function hint(
  { registry, scope }: Hints,
  namespace: Namespace,
): { published_at_path?: string } {
  const paths = registry.pathsThatHave(namespace, scope);
  return paths.length === 0 ? {} : { published_at_path: paths.join(" ") };
}

function isMissing({ kind }: Refusal): boolean {
  return kind === "does_not_exist" || kind === "timeout";
}
