import { namespaceText, trackText } from "@qumo/shared/runtime";
import type { Refusal } from "../../../track/mod.ts";
import { requestError } from "./refusals.ts";
import type { RequestChannel, RequestSubject } from "./requests.ts";
import { isOfSession } from "./reserved.ts";
import type { RequestKind } from "../../../vocabulary.ts";
import type { Hints, Reporting } from "../connection/facets.ts";

/** The interfaces that {@linkcode refuse} uses of its session. */
export type RefuseContext = Reporting & Hints;

/** Refuses a request, counts it, and logs the request and the reason. */
export function refuse(
  context: RefuseContext,
  stream: RequestChannel,
  { request, refusal }: { readonly request: RequestKind; readonly refusal: Refusal },
): Refusal {
  const { subject } = stream;
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
      ...(isMissing(refusal) && hint(context.pathsThatHave(subject.namespace))),
    });
  }
  return refusal;
}

/** The log fields of a request's name. */
export function nameFields(
  { namespace, name }: RequestSubject,
): { track: string } | { namespace: string } {
  return name === undefined
    ? { namespace: namespaceText(namespace) }
    : { track: trackText({ namespace, name }) };
}

/**
 * The log field with paths that have the same name, for a peer that may have connected to the wrong
 * path.
 */
export function hint(paths: readonly string[]): { published_at_path?: string } {
  return paths.length === 0 ? {} : { published_at_path: paths.join(" ") };
}

function isMissing({ kind }: Refusal): boolean {
  return kind === "does_not_exist" || kind === "timeout";
}
