import { namespaceText, trackText } from "@qumo/shared/runtime";
import type { LiteTrack } from "@qumo/shared/wire";
import type { RequestKind } from "../../vocabulary/mod.ts";
import { namespaceOf, trackNameOf } from "./dialect/names.ts";

/** What a request asked for, for the log. */
export interface Subject {
  readonly kind: RequestKind;
  readonly fields: { readonly track: string } | { readonly namespace: string } | typeof NOTHING;
}

const NOTHING = {} as const;

/** The subject of a request for the rate of the connection. */
export const PROBE_SUBJECT: Subject = { kind: "probe", fields: NOTHING };

/** The subject of a request for a track. */
export function trackSubject(kind: RequestKind, message: LiteTrack): Subject {
  const name = trackNameOf(message.broadcast, message.track);
  const track = name === undefined ? `${message.broadcast} ${message.track}` : trackText(name);
  return { kind, fields: { track } };
}

/** The subject of a request for what is under a prefix. */
export function prefixSubject(prefix: string): Subject {
  const namespace = namespaceOf(prefix);
  const text = namespace === undefined ? prefix : namespaceText(namespace);
  return { kind: "subscribe_namespace", fields: { namespace: text } };
}
