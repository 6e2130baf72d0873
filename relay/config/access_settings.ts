import {
  integer,
  isLoopbackHost,
  listOf,
  milliseconds,
  oneOf,
  section,
  text,
  yesNo,
} from "@qumo/shared/runtime";
import { path } from "./values.ts";

const prefixes = () => listOf(text(1024), 256);

/** Access control. */
export const accessSettings = section({
  /**
   * `loopback`: anyone, but the relay listens on loopback addresses only. `open`: anyone who can
   * reach the address. `token`: who shows a token that one of `keys` signed, as far as it allows.
   */
  mode: oneOf("loopback", "open", "token").default("loopback"),
  /** Files and URLs of keys that tokens are signed with, each a JWK or a JWKS. */
  keys: listOf(
    text(4096, "a path, or a URL with https", isKeySource),
    64,
  ).default([]),
  /** PEM file of the CA that verifies these URLs, beside those of the machine. */
  caFile: path(),
  /** How often these are looked at for other keys. */
  keyReloadMs: milliseconds(100, 86_400_000).default(60_000),
  /** What anybody may do without a token, as prefixes of names; an empty one is everything. */
  public: section({
    publish: prefixes().default([]),
    subscribe: prefixes().default([]),
  }),
  /** How far the clocks of those who sign tokens may be off. */
  clockSkewMs: milliseconds(0, 600_000).default(10_000),
  /** Another program that decides about tokens which none of `keys` signed, and about who has none. */
  hook: section({
    /** Where it is asked, with POST; empty: there is none. */
    url: text(4096, "a URL with https", (value) => value === "" || isHookUrl(value)).default(""),
    /** File with the bearer token that the relay shows it. */
    tokenFile: path(),
    /** How long an answer may take. */
    timeoutMs: milliseconds(100, 30_000).default(3000),
  }),
  /** Common Access Tokens (C4M), signed by one of `keys`. */
  cat: section({
    enabled: yesNo().default(false),
    /** Names of this relay, one of which a token with `aud` must have. */
    audience: listOf(text(1024), 64).default([]),
    /** Who may make them, by `iss`; empty: everybody who has a key. */
    issuers: listOf(text(1024), 64).default([]),
    /** Numbers of the claims `moqt` and `moqt-reval`, which are not registered yet. */
    moqtClaim: integer(-65_536, 65_535).default(327),
    moqtRevalClaim: integer(-65_536, 65_535).default(328),
  }),
  /**
   * Admits sessions without a token, which may then show tokens with their requests; until then
   * they may do what is public.
   */
  lateTokens: yesNo().default(false),
  /**
   * How long sessions wait after a start for a controller to say what is revoked; 0: not at all. They
   * are let in then, so that a controller that is down stops no media.
   */
  revocationsWaitMs: milliseconds(0, 600_000).default(5_000),
});

/** Keys must come as they are: over TLS, or from this machine. */
function isKeySource(value: string): boolean {
  if (!/^https?:/.test(value)) return value !== "" && !/^\w+:\/\//.test(value);
  const url = URL.parse(value);
  return url !== null && (url.protocol === "https:" || isLoopbackHost(url.hostname));
}

function isHookUrl(value: string): boolean {
  return /^https?:/.test(value) && isKeySource(value);
}
