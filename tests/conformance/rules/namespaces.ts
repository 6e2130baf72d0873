import { must, type Rule, should } from "../rule.ts";

/** Namespaces, and who learns of them. */
export const NAMESPACES: readonly Rule[] = [
  must(
    "R-136",
    "publisher-interactions",
    "Each PUBLISH_NAMESPACE and each PUBLISH is authorised by itself; the right to one gives " +
      "no right to another.",
  ),
  must(
    "R-137",
    "publisher-interactions",
    "A published namespace or track is told to every matching subscriber.",
  ),
  must(
    "R-138",
    "publishing-namespaces",
    "SUBSCRIBE_NAMESPACE is answered by NAMESPACE for every matching namespace, those of the " +
      "subscriber itself included.",
  ),
  must(
    "R-139",
    "subscribing-to-namespaces",
    "SUBSCRIBE_TRACKS brings no PUBLISH for tracks that the subscriber publishes.",
  ),
  must(
    "R-140",
    "message-subscribe-ns",
    "NAMESPACE_DONE follows the NAMESPACE it ends; from a peer that reverses them the session " +
      "closes with PROTOCOL_VIOLATION.",
  ),
  should(
    "R-141",
    "message-subscribe-ns",
    "The end or reset of a SUBSCRIBE_NAMESPACE response withdraws every namespace it " +
      "announced.",
  ),
  must(
    "R-142",
    "message-subscribe-ns",
    "Within a session and a kind of request, prefixes that contain each other get " +
      "PREFIX_OVERLAP, on update too; the two kinds do not meet.",
  ),
  must(
    "R-143",
    "message-subscribe-ns",
    "Namespace and track subscriptions are authorised.",
  ),
  must(
    "R-144",
    "subscribing-to-namespaces",
    "Where no stream is left for a PUBLISH, PUBLISH_BLOCKED names the track, and no PUBLISH " +
      "for it follows.",
  ),
  must(
    "R-145",
    "message-subscribe-tracks",
    "FORWARD of a SUBSCRIBE_TRACKS is the forwarding of each PUBLISH it brings.",
  ),
  should(
    "R-146",
    "publishing-namespaces",
    "A track whose exact namespace was announced is asked for only at those who announced it.",
    {
      doesNotApply:
        "A relay must ask every publisher of a prefix as well, which outranks this advice to " +
        "endpoints.",
    },
  ),
  should(
    "R-147",
    "publishing-namespaces",
    "Announcements alone are not used to route between relays: the relay adds its own " +
      "protection from loops.",
  ),
  should(
    "R-148",
    "request_error-message-format",
    "The relay's limits on namespace requests answer with the code made for them, " +
      "NAMESPACE_TOO_LARGE or PREFIX_OVERLAP; a namespace response that flow control blocks may " +
      "be reset.",
  ),
  must(
    "R-149",
    "moqt-16#message-subscribe-ns",
    "Subscribe Options choose between namespaces, tracks and both, and the control stream " +
      "carries PUBLISH.",
    {
      doesNotApply:
        "Draft 18 has two messages instead of options, and PUBLISH opens a stream of its own.",
    },
  ),
];
