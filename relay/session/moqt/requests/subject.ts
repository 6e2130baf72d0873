import type { ControlMessage } from "@qumo/shared/wire";
import type { RequestSubject } from "./requests.ts";

/** The namespace or track of a request, by its first message. */
export function subjectOf(message: ControlMessage): RequestSubject {
  switch (message.kind) {
    case "subscribe":
    case "trackStatus":
    case "publish":
      return message.track;
    case "fetch":
      // One that joins a subscription says which, and not the track.
      return "track" in message.range ? message.range.track : NOTHING;
    case "publishNamespace":
      return message;
    case "subscribeNamespace":
    case "subscribeTracks":
    case "subscribePrefix":
      return { namespace: message.prefix };
    default:
      return NOTHING;
  }
}

const NOTHING: RequestSubject = { namespace: [] };
