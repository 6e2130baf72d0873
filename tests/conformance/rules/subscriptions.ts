import { must, type Rule, should } from "../rule.ts";

/** Subscriptions, and many of them sharing one upstream. */
export const SUBSCRIPTIONS: readonly Rule[] = [
  must(
    "R-049",
    "subscriber-interactions",
    "SUBSCRIBE_OK goes downstream only once an upstream subscription is established.",
  ),
  must(
    "R-050",
    "publisher-interactions",
    "With an established upstream subscription, an authorised SUBSCRIBE gets SUBSCRIBE_OK.",
  ),
  must(
    "R-051",
    "publisher-interactions",
    "Without one, every publisher of the namespace or of a prefix of it is asked by " +
      "SUBSCRIBE.",
  ),
  must(
    "R-052",
    "publisher-interactions",
    "A track's publishers are those it is subscribed at by its exact name together with those " +
      "whose published namespace is a prefix of its own.",
  ),
  must(
    "R-053",
    "publisher-interactions",
    "A namespace matches by whole fields and exact bytes: (foo) matches (foo, bar) and never " +
      "(foobar).",
  ),
  must(
    "R-054",
    "publisher-interactions",
    "The first subscriber that wants objects turns forwarding on at every upstream " +
      "subscription that has it off.",
  ),
  must(
    "R-055",
    "forward-handling",
    "A new upstream subscription asks for forwarding whatever the first subscriber asked, and " +
      "forwarding stays on while any subscriber wants it.",
  ),
  must(
    "R-056",
    "publisher-interactions",
    "A newly published namespace that matches running subscriptions to other publishers " +
      "brings its publisher a SUBSCRIBE for each of them.",
  ),
  must(
    "R-057",
    "publisher-interactions",
    "PUBLISH for a track with established subscribers gets PUBLISH_OK, with forwarding on " +
      "when one of them has it on.",
  ),
  must(
    "R-058",
    "publisher-interactions",
    "An incoming PUBLISH is passed on as a PUBLISH to each session whose SUBSCRIBE_TRACKS " +
      "matches it.",
  ),
  must(
    "R-059",
    "publisher-interactions",
    "A subscriber whose SUBSCRIBE was waiting for that publisher is served by its SUBSCRIBE " +
      "and gets no PUBLISH beside it.",
  ),
  must(
    "R-060",
    "subscriptions",
    "No PUBLISH goes to a session that has not shown its interest and its right.",
  ),
  must(
    "R-061",
    "multiple-publishers",
    "Several publishers may feed one track: what any of them sends reaches all of its " +
      "matching subscribers.",
  ),
  should(
    "R-062",
    "multiple-publishers",
    "An object that came from two publishers is forwarded once.",
  ),
  must(
    "R-063",
    "subscription-filters",
    "Only objects inside a subscription's range are forwarded, and only while its forwarding " +
      "is on.",
  ),
  should(
    "R-064",
    "subscription-filters",
    "A filter that cannot be met, or whose last group is already over, gets REQUEST_ERROR " +
      "INVALID_RANGE.",
  ),
  must(
    "R-065",
    "largest-param",
    "LARGEST_OBJECT is sent as soon as anything was published: the greatest of what upstream " +
      "told and what arrived.",
  ),
  must(
    "R-066",
    "subscriptions",
    "A subscription remembers the largest location it was last told when forwarding began: a " +
      "joining fetch ends there.",
  ),
  must(
    "R-067",
    "subscriptions",
    "In each role a session subscribes to a track once: a second attempt is refused with " +
      "DUPLICATE_SUBSCRIPTION.",
  ),
  must(
    "R-068",
    "subscriptions",
    "SUBSCRIBE for a track whose PUBLISH still waits at the subscriber is refused with " +
      "DUPLICATE_SUBSCRIPTION; PUBLISH that meets the relay's own waiting SUBSCRIBE is accepted " +
      "only after that one has ended.",
  ),
  must(
    "R-069",
    "subscriptions",
    "A publisher may subscribe to its own track and gets its objects back like any other " +
      "subscriber.",
  ),
  should(
    "R-070",
    "subscriptions",
    "The beginning of an object is forwarded before its end has arrived.",
  ),
  must(
    "R-071",
    "rendezvous-timeout",
    "Without a publisher, and without RENDEZVOUS_TIMEOUT or with 0, SUBSCRIBE gets " +
      "DOES_NOT_EXIST at once.",
  ),
  should(
    "R-072",
    "rendezvous-timeout",
    "With RENDEZVOUS_TIMEOUT a SUBSCRIBE waits that long, within the relay's own limit, for a " +
      "publisher, and gets no SUBSCRIBE_OK before; then it gets TIMEOUT.",
  ),
  should(
    "R-073",
    "object-delivery-timeout",
    "Delivery timeouts of subscribers are not passed upstream.",
  ),
  must(
    "R-074",
    "new-group-request",
    "NEW_GROUP_REQUEST of a SUBSCRIBE that opens an upstream subscription is passed on in it.",
  ),
  must(
    "R-075",
    "new-group-request",
    "On an established subscription NEW_GROUP_REQUEST is passed on if it is 0 or past the " +
      "largest group, the track has dynamic groups and no equal or greater one is outstanding, " +
      "which it is until the largest group grows.",
  ),
  must(
    "R-076",
    "new-group-request",
    "The relay sends NEW_GROUP_REQUEST in PUBLISH_OK or REQUEST_UPDATE only for tracks with " +
      "dynamic groups.",
  ),
  should(
    "R-077",
    "subscriber-interactions",
    "All subscribers of a track share one upstream subscription, made with the Largest Object " +
      "filter so that their differences cause no updates.",
  ),
  must(
    "R-078",
    "subscriber-interactions",
    "Each subscriber is authorised by itself, also when another one's subscription already " +
      "brings the track.",
  ),
  must(
    "R-079",
    "moqt-19#range-filters",
    "Range filters keep to MAX_FILTER_RANGES and to their form, or get INVALID_FILTER.",
    { doesNotApply: "Range filters begin with draft 19." },
  ),
  must(
    "R-080",
    "subscription-state-management",
    "STOP_SENDING on a subscription's request stream ends all its data streams by reset.",
  ),
  must(
    "R-081",
    "message-publish-done",
    "PUBLISH_DONE follows the last data stream's end and the last datagram, and the " +
      "subscription's state lives until it is sent.",
  ),
  must(
    "R-082",
    "message-publish-done",
    "PUBLISH_DONE counts every data stream opened, empty ones too: 0 for none, 2^62-1 where " +
      "the number is not known.",
  ),
  should(
    "R-083",
    "message-publish-done",
    "After PUBLISH_DONE an upstream subscription lives until as many streams have come as it " +
      "counts, or until the delivery timeouts have passed; what is still open then is stopped.",
  ),
  must(
    "R-084",
    "subscription-state-management",
    "No object follows for a request that ended in an error.",
  ),
  should(
    "R-085",
    "message-publish",
    "An unwanted PUBLISH gets REQUEST_ERROR UNINTERESTED, and its streams are stopped.",
  ),
  must(
    "R-086",
    "track-alias",
    "The relay never gives one alias to two tracks at a time; a peer that does so closes the " +
      "session with DUPLICATE_TRACK_ALIAS.",
  ),
  should(
    "R-087",
    "track-alias",
    "After a cancelled subscription its alias is remembered, so that late objects are dropped " +
      "quietly.",
  ),
  must(
    "R-088",
    "subgroup-header",
    "Streams and datagrams of an unknown alias are kept for a moment or dropped; they are " +
      "never an error.",
  ),
  should(
    "R-089",
    "expires",
    "EXPIRES from a publisher ends nothing by itself; a new value in the answer to an update " +
      "replaces it.",
  ),
];
