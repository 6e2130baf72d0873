import { must, type Rule, should } from "../rule.ts";

/** Fetches and the cache. */
export const FETCH: readonly Rule[] = [
  must(
    "R-117",
    "message-fetch-ok",
    "A FETCH gets exactly one FETCH_OK or REQUEST_ERROR, and FETCH_OK waits until its end " +
      "location is known.",
  ),
  must(
    "R-118",
    "fetch-handling",
    "A fetch delivers groups in the order asked for, and objects by ascending id inside each.",
  ),
  must(
    "R-119",
    "fetch-handling",
    "At an object whose existence is not known a fetch waits for upstream, reports an unknown " +
      "range or resets with UNKNOWN_OBJECT_STATUS; it never passes over it.",
  ),
  must(
    "R-120",
    "fill-timeout",
    "FILL_TIMEOUT bounds all upstream waiting of a fetch together; at 0 nothing is waited for " +
      "and what is missing is reported as unknown.",
  ),
  must(
    "R-121",
    "fetch-handling",
    "A fetch of a track without objects, or from beyond its largest one, gets INVALID_RANGE.",
  ),
  must(
    "R-122",
    "fetch-handling",
    "A requested end before the start is refused; in FETCH_OK it closes the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  must(
    "R-123",
    "flags",
    "The first object on a fetch stream names its group and object and refers to nothing " +
      "before it, or the session closes with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-124",
    "flags",
    "An object whose preference is Datagram is marked so on a fetch stream; the subgroup bits " +
      "beside the mark are sent as zero and ignored on receipt.",
  ),
  should(
    "R-125",
    "end-of-range",
    "Non-existent ranges are spelled out only where they border on unknown ones.",
  ),
  must(
    "R-126",
    "joining-fetches",
    "A joining fetch needs an established or waiting subscription of the same session, else " +
      "INVALID_JOINING_REQUEST_ID; forwarding off or nothing published gets INVALID_RANGE. " +
      "Updates that came before it count.",
  ),
  must(
    "R-127",
    "fetch-state-management",
    "A fetch is cancelled by STOP_SENDING on its request stream; the one who serves it then " +
      "resets both the request and the data stream.",
  ),
  must(
    "R-128",
    "publisher-interactions",
    "A fetch goes upstream to one of the publishers that a SUBSCRIBE would go to.",
  ),
  must(
    "R-129",
    "caching-relays",
    "The cache keeps all fields of an object; later only its properties may change, or its " +
      "existence end.",
  ),
  should(
    "R-130",
    "caching-relays",
    "An object already known not to exist is neither cached nor forwarded, and that is no " +
      "error.",
  ),
  should(
    "R-131",
    "object-status",
    "End markers, of a group as of a track, are cached like any object.",
  ),
  must(
    "R-132",
    "max-cache-duration",
    "Past MAX_CACHE_DURATION since its first byte an object is no longer served, and whether " +
      "it exists is unknown again.",
  ),
  must(
    "R-133",
    "model-object",
    "An id that did not arrive is unknown, not absent, unless a fetch, a gap property or an " +
      "end marker says so.",
  ),
  must(
    "R-134",
    "caching-relays",
    "A later delivery cannot replace what the cache already serves.",
  ),
  must(
    "R-135",
    "message-track-status",
    "TRACK_STATUS is answered as SUBSCRIBE would be, without subscription or objects, from " +
      "what is known or from upstream.",
  ),
];
