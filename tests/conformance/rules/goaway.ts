import { must, type Rule, should } from "../rule.ts";

/** GOAWAY, and moving elsewhere. */
export const GOAWAY: readonly Rule[] = [
  must(
    "R-166",
    "message-goaway",
    "GOAWAY twice on the same stream, be it control or request, closes the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  must(
    "R-167",
    "message-goaway",
    "A GOAWAY to a server carries no URI and none is longer than 8192 bytes, or the session " +
      "closes with PROTOCOL_VIOLATION. As a client the relay sends none.",
  ),
  must(
    "R-168",
    "message-goaway",
    "A client moves to the URI it was given, by the same scheme.",
    {
      doesNotApply:
        "A link goes where the controller or the configuration says: told to go away, its tracks " +
        "take another way, and the neighbor is called again at its own address.",
    },
  ),
  should(
    "R-169",
    "message-goaway",
    "After a GOAWAY from the peer the relay opens no new request on that session.",
  ),
  should(
    "R-170",
    "message-goaway",
    "After its own GOAWAY the relay makes no request it does not need and refuses new ones " +
      "with GOING_AWAY.",
  ),
  should(
    "R-171",
    "message-goaway",
    "A request told to go away is made again at the URI, and its old stream closed; the " +
      "sender resets it when the time is over.",
    {
      doesNotApply:
        "The relay sends no GOAWAY on request streams, and does not move requests yet: they run " +
        "to their end.",
    },
  ),
  should(
    "R-172",
    "session-migration",
    "A session with open requests closes with GOAWAY_TIMEOUT when the announced time is over; " +
      "0 announces none.",
  ),
  should(
    "R-173",
    "session-migration",
    "At shutdown subscribers are told to go away before upstream subscriptions end.",
  ),
  should(
    "R-174",
    "session-migration",
    "As a client told to go away, the relay closes with NO_ERROR once its last established " +
      "subscription is over.",
  ),
  must(
    "R-175",
    "message-goaway",
    "GOAWAY on the control stream names the first request id not served; requests from there " +
      "on get GOING_AWAY, and an id of the wrong parity closes the session with " +
      "INVALID_REQUEST_ID.",
  ),
  should(
    "R-176",
    "graceful-publisher-switchover",
    "A publisher or subscriber that overlaps its old and its new session causes neither gap " +
      "nor duplicate downstream.",
  ),
];
