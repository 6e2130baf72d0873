import { must, type Rule, should } from "../rule.ts";

/** Limits that keep one peer from harming the others. */
export const LIMITS: readonly Rule[] = [
  should(
    "R-193",
    "subscription-amplification",
    "Requests are limited in rate, and one too many gets EXCESSIVE_LOAD, with a retry " +
      "interval where trying again makes sense.",
  ),
  should(
    "R-194",
    "subscription-amplification",
    "A session's active subscriptions are limited, and so is what one identity holds over " +
      "several sessions.",
  ),
  should(
    "R-195",
    "state-maintenance",
    "Published namespaces, namespace and track subscriptions are limited for each session, " +
      "and short prefixes can be forbidden.",
  ),
  should(
    "R-196",
    "resource-exhaustion",
    "The transport's limits on streams and flow control are set on purpose; the limit on " +
      "bidirectional streams bounds open requests.",
  ),
  should(
    "R-197",
    "relay-dos#rapid-request-cycles",
    "Requests made and cancelled in quick succession are counted, slowed down and in the end " +
      "close the session.",
  ),
  should(
    "R-198",
    "relay-dos#update-coalescing",
    "Updates that wait together are applied once, with the last values.",
  ),
  should(
    "R-199",
    "relay-dos#slow-subscribers",
    "What waits for one subscriber is bounded, and at the bound that subscriber alone loses: " +
      "upstream is never slowed down for it.",
  ),
  should(
    "R-200",
    "relay-dos#join-time-buffering",
    "What joining costs is bounded: live objects held back meanwhile, fetches at a time, and " +
      "equal upstream requests are made once.",
  ),
  should(
    "R-201",
    "session-init",
    "Streams that come before SETUP or for unknown aliases are held within bytes and time.",
  ),
  should(
    "R-202",
    "security-timeouts",
    "Set-up, unfinished headers and silent request streams have deadlines.",
  ),
  should(
    "R-203",
    "idle-connection-handling",
    "Quiet sessions are kept by QUIC's keep-alive, or may end when idle.",
  ),
  should(
    "R-204",
    "relay-dos#misbehaving-relay",
    "What relays tell each other about namespaces cannot go in circles.",
  ),
  must(
    "R-205",
    "relay-dos#load-bearing-mitigations",
    "Nothing weakens what protects by accident: limits on streams, flow control, timeouts of " +
      "subscriptions, the size of the token cache and of a control message.",
  ),
];
