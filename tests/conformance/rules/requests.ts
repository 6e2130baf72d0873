import { must, type Rule, should } from "../rule.ts";

/** Control streams, the framing of messages, and request streams. */
export const REQUESTS: readonly Rule[] = [
  must(
    "R-019",
    "session-init",
    "A control stream that ends, is reset or is refused while the session lives closes it " +
      "with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-020",
    "session-init",
    "A bidirectional stream begins with one of the seven request messages; any other first " +
      "message closes the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-021",
    "stream-types",
    "An unknown type of unidirectional stream, datagram or message closes the session.",
  ),
  must(
    "R-022",
    "message",
    "A message whose fields do not fill its length exactly closes the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  must(
    "R-023",
    "request-id",
    "A request id of the wrong parity, or used before, closes the session with " +
      "INVALID_REQUEST_ID.",
  ),
  must(
    "R-024",
    "message-params",
    "Parameters ascend by type, and a type beyond 64 bits closes the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  must(
    "R-025",
    "message-params",
    "An unknown message parameter closes the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-026",
    "parameter-scope",
    "A known parameter in a message that is not defined to carry it closes the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  should(
    "R-027",
    "message-params",
    "A parameter given twice, where that is not allowed, closes the session with " +
      "PROTOCOL_VIOLATION; the relay never does so.",
  ),
  must(
    "R-028",
    "message-params",
    "No parameter of a subscription or fetch changes the payload that is delivered.",
  ),
  must(
    "R-029",
    "key-value-pair-structure",
    "In key-value pairs, a value over 65535 bytes or a type over 64 bits closes the session " +
      "with PROTOCOL_VIOLATION, and a known type with a value of the wrong form with " +
      "KEY_VALUE_FORMATTING_ERROR.",
  ),
  must(
    "R-030",
    "reason-phrase",
    "A reason phrase over 1024 bytes closes the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-031",
    "track-name",
    "A namespace or prefix closes the session with PROTOCOL_VIOLATION when a field is empty, " +
      "when its fields number more than 32, or when they and the track's name exceed 4096 " +
      "bytes.",
  ),
  must(
    "R-032",
    "subscription-filters",
    "Group orders other than 1 and 2, FORWARD and DYNAMIC_GROUPS other than 0 and 1, and " +
      "unknown filter or fetch types close the session with PROTOCOL_VIOLATION.",
  ),
  should(
    "R-033",
    "message-publish-done",
    "The relay ends its half of a request stream only when all is said there: after its " +
      "reply, and after PUBLISH_DONE where a subscription was established.",
  ),
  should(
    "R-034",
    "request-cancellation",
    "A response half that ends before the reply it owes makes the request fail.",
  ),
  should(
    "R-035",
    "message-publish-done",
    "Where nothing can follow its last message on a request stream, the relay ends its half " +
      "at once.",
  ),
  should(
    "R-036",
    "request-cancellation",
    "To cancel a request the relay resets its own open half and stops the peer's, with a code " +
      "that fits.",
  ),
  should(
    "R-037",
    "request-cancellation",
    "A request that is refused without being looked into gets REQUEST_ERROR, then the end of " +
      "the stream.",
  ),
  must(
    "R-038",
    "extensibility",
    "The relay implements every message of the draft, and takes NOT_SUPPORTED from endpoints " +
      "that do not.",
  ),
  must(
    "R-039",
    "subscriptions",
    "Each request is answered by exactly one OK or REQUEST_ERROR; a second answer from a peer " +
      "closes the session.",
  ),
  must(
    "R-040",
    "message-subscribe-ns",
    "The first answer to SUBSCRIBE_NAMESPACE or SUBSCRIBE_TRACKS is REQUEST_OK or " +
      "REQUEST_ERROR; anything else from a peer closes the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-041",
    "message-request-update",
    "REQUEST_UPDATE comes from the one who made the request, on its stream, or from the " +
      "subscriber of a PUBLISH; elsewhere it closes the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-042",
    "message-request-update",
    "Each REQUEST_UPDATE is answered once, except that updates taken together may share one " +
      "REQUEST_ERROR.",
  ),
  must(
    "R-043",
    "moqt-19#max-request-updates",
    "Updates awaiting their answer stay within MAX_REQUEST_UPDATES.",
    {
      doesNotApply:
        "MAX_REQUEST_UPDATES begins with draft 19; the relay's own limit on buffered messages " +
        "stands in.",
    },
  ),
  must(
    "R-044",
    "updating-subscriptions",
    "A failed update also ends what it was meant for: a subscription by PUBLISH_DONE " +
      "UPDATE_FAILED, a fetch by a reset of its data stream, a namespace request by closing its " +
      "stream.",
  ),
  must(
    "R-045",
    "message-request-update",
    "An update changes the parameters it names and leaves all others as they were.",
  ),
  must(
    "R-046",
    "message-request-ok",
    "REQUEST_OK carries track properties only in answer to TRACK_STATUS; elsewhere they close " +
      "the session with PROTOCOL_VIOLATION.",
  ),
  must(
    "R-047",
    "subgroup-header",
    "Data that waits, for a track alias say, never keeps a control message from arriving.",
  ),
  must(
    "R-048",
    "moqt-16#session-init",
    "The end of the bidirectional control stream, or an update that names an unknown request, " +
      "is a PROTOCOL_VIOLATION.",
    {
      doesNotApply:
        "Draft 18 has no bidirectional control stream, and an update names its request by the " +
        "stream it is on.",
    },
  ),
];
