import { done, type Outcome, refused, suggest } from "@qumo/shared/runtime";
import { protocols as spoken } from "../session/negotiate.ts";
import { CONNECT_MS, MAX_CONNECT_MS } from "./limits.ts";
import { pathWithToken } from "../session/connection/shown_token.ts";

/** A relay to be called, and how. */
export interface Target {
  /** `moqt://host:port` for QUIC, `https://host:port/path` for WebTransport, with the token. */
  readonly url: string;
  readonly hostname: string;
  /** Host and port, as in a URL. */
  readonly authority: string;
  readonly path: string;
  readonly token: string | undefined;
  /** The protocols to offer, in order of preference. */
  readonly protocols: readonly string[];
  /** Milliseconds that the relay may take to take the call. */
  readonly connectMs: number;
  /** SHA-256, in hex, of the certificates that are taken, whoever issued them. */
  readonly certificateHashes: readonly string[];
  /** PEM of an authority that is trusted beside those of the system. */
  readonly authorities: readonly string[];
  /** Whether the relay is asked over plain HTTP which certificate it has. */
  readonly asksForHash: boolean;
}

/** What the flags say of the relay. */
export interface TargetWords {
  readonly url: string;
  readonly token: string | undefined;
  readonly protocols: readonly string[];
  /** In seconds. */
  readonly timeout: string | undefined;
  readonly certificateHashes: readonly string[];
  readonly authorities: readonly string[];
}

/** Finds out whom to call; refuses with a sentence. */
export function targetOf(words: TargetWords): Outcome<Target, string> {
  const url = URL.parse(words.url);
  if (url === null || url.hostname === "" || !/^(moqt|https?):$/.test(url.protocol)) {
    return refused(`${words.url} is none of ${URL_FORMS}`);
  }
  const wrong = words.certificateHashes.find((hash) => !/^[0-9a-f]{64}$/i.test(hash));
  if (wrong !== undefined) {
    return refused(`--certificate-hash has 64 hex digits, and not ${wrong}`);
  }
  const connectMs = words.timeout === undefined ? CONNECT_MS : Number(words.timeout) * 1_000;
  if (!(connectMs > 0 && connectMs <= MAX_CONNECT_MS)) {
    const most = MAX_CONNECT_MS / 1_000;
    return refused(`--timeout is a number of seconds up to ${most}, and not ${words.timeout}`);
  }
  const protocols = words.protocols.length === 0 ? done(spoken) : protocolsOf(words.protocols);
  if (!protocols.ok) return protocols;
  const path = pathWithToken((url.pathname || "/") + url.search, words.token);
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  const authority = `${url.hostname}:${port}`;
  const isQuic = url.protocol === "moqt:";
  return done({
    url: isQuic ? `moqt://${authority}` : `https://${authority}${path}`,
    hostname: url.hostname,
    authority,
    path: (url.pathname || "/") + url.search,
    token: words.token,
    protocols: protocols.value,
    connectMs,
    certificateHashes: words.certificateHashes.map((hash) => hash.toLowerCase()),
    authorities: words.authorities,
    asksForHash: url.protocol === "http:",
  });
}

function protocolsOf(words: readonly string[]): Outcome<readonly string[], string> {
  const found: string[] = [];
  for (const word of words) {
    const [protocol] = spoken.filter((one) => one === word || NUMBERED.exec(one)?.[1] === word);
    if (protocol === undefined) {
      const meant = suggest(word, spoken);
      const hint = meant === undefined
        ? `there are ${spoken.join(", ")}`
        : `did you mean ${meant}?`;
      return refused(`No protocol is called ${word}: ${hint}`);
    }
    found.push(protocol);
  }
  return done(found);
}

const URL_FORMS = "https://HOST:PORT/PATH (WebTransport), moqt://HOST:PORT/PATH (QUIC) and " +
  "http://HOST:PORT/PATH (WebTransport, accepting the certificate whose hash the relay serves over HTTP)";

/** Of a draft its number is enough. */
const NUMBERED = /^moqt-(\d+)$/;
