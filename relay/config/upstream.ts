import { parseRelayUrl, RELAY_URL_FORM } from "../control_plane/mod.ts";

/** A static origin: a relay to take tracks from. */
export interface UpstreamOrigin {
  readonly url: string;
  /** SHA-256 in hex of the certificate that the origin must present; undefined: a CA verifies it. */
  readonly certificateSha256: string | undefined;
}

/** What an item of `upstream` looks like, for messages. */
export const UPSTREAM_FORM =
  `${RELAY_URL_FORM}, with #sha256= and 64 hex digits behind it for the certificate it must show`;

/** Reads an item of `upstream`; undefined for everything else. */
export function parseUpstream(text: string): UpstreamOrigin | undefined {
  const [url = "", pin, ...more] = text.split("#");
  if (parseRelayUrl(url) === undefined || more.length > 0) return undefined;
  const hash = pin === undefined ? undefined : /^sha256=([0-9a-f]{64})$/i.exec(pin)?.[1];
  if (pin !== undefined && hash === undefined) return undefined;
  return { url, certificateSha256: hash?.toLowerCase() };
}
