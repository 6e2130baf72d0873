import { must, type Rule, should } from "../rule.ts";

/** Authorization tokens. */
export const TOKENS: readonly Rule[] = [
  must(
    "R-184",
    "authorization-token",
    "A token that cannot be decoded closes the session with KEY_VALUE_FORMATTING_ERROR, an " +
      "alias registered twice with DUPLICATE_AUTH_TOKEN_ALIAS; an unknown alias fails the " +
      "message with UNKNOWN_AUTH_TOKEN_ALIAS, a malformed token with MALFORMED_AUTH_TOKEN.",
  ),
  must(
    "R-185",
    "authorization-token",
    "A token is registered even if the message that carries it fails, unless that closes the " +
      "session.",
  ),
  must(
    "R-186",
    "authorization-token",
    "An alias lives until it is deleted or the session ends, past its token's expiry too; " +
      "using it then gives EXPIRED_AUTH_TOKEN.",
  ),
  must(
    "R-187",
    "max-auth-token-cache-size",
    "Registered tokens cost 16 bytes and their length; past the limit the session closes with " +
      "AUTH_TOKEN_CACHE_OVERFLOW, but in SETUP the token is used once and not registered.",
  ),
  must(
    "R-188",
    "setup-auth-token",
    "A sender drops aliases that did not fit, and orders registering, using and deleting " +
      "across streams by their answers.",
    { doesNotApply: "The relay registers no tokens with its peers." },
  ),
  must(
    "R-189",
    "authorization-token",
    "A client's SETUP that deletes or uses an alias closes the session with " +
      "PROTOCOL_VIOLATION.",
  ),
  should(
    "R-190",
    "authorization-token",
    "Only tokens that will be used again are registered, and they are deleted when done with.",
    { doesNotApply: "The relay registers no tokens with its peers." },
  ),
  must(
    "R-191",
    "communication-security",
    "Peers are authenticated before they can stand in for someone else, and a token never " +
      "travels beyond the session it came in.",
  ),
  should(
    "R-192",
    "expires",
    "Fresh tokens go out in an update when a subscription nears its end.",
    { doesNotApply: "The relay holds no tokens of its own to refresh." },
  ),
];
