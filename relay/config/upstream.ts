import { relayNameFault } from "@qumo/shared/topology";
import { parseRelayUrl, RELAY_URL_FORM } from "../control_plane/mod.ts";
import { linkProtocols } from "../session/negotiate.ts";

/** A static origin: a relay to take tracks from. */
export interface UpstreamOrigin {
  readonly url: string;
  /** SHA-256 in hex of the certificate that the origin must present; undefined: a CA verifies it. */
  readonly certificateSha256: string | undefined;
  /** The protocols to offer it, in order of preference; undefined: those of all links. */
  readonly protocols: readonly string[] | undefined;
  /** The name by which it must identify itself; undefined: any, or none. */
  readonly name: string | undefined;
  /** The file of the token that it is shown; undefined: none. */
  readonly tokenFile: string | undefined;
}

/** What an item of `upstream` looks like, for messages. */
export const UPSTREAM_FORM =
  `${RELAY_URL_FORM}, with # and terms behind it, joined by &: sha256= and 64 hex digits for the ` +
  `certificate it must show, protocols= with protocols of links in order of preference, like ` +
  `${linkProtocols.slice(0, 2).join("+")}, and name= and the name of one of our ` +
  `relays, or token_file= and the path of a token for it`;

/** Reads an item of `upstream`; undefined for everything else. */
export function parseUpstream(text: string): UpstreamOrigin | undefined {
  const [url = "", terms, ...more] = text.split("#");
  if (parseRelayUrl(url) === undefined || more.length > 0) return undefined;
  const values = terms === undefined ? new Map<string, string>() : termsOf(terms);
  if (values === undefined) return undefined;
  const hash = values.get("sha256");
  if (hash !== undefined && !/^[0-9a-f]{64}$/i.test(hash)) return undefined;
  const protocols = values.get("protocols")?.split("+");
  if (protocols !== undefined && !areProtocols(protocols)) return undefined;
  const [name, tokenFile] = [values.get("name"), values.get("token_file")];
  // A relay of ours that proves its name shows no token of a user.
  if (name !== undefined && (relayNameFault(name) !== undefined || tokenFile !== undefined)) {
    return undefined;
  }
  return { url, certificateSha256: hash?.toLowerCase(), protocols, name, tokenFile };
}

/** What stands behind the `#`, each term once. */
function termsOf(text: string): ReadonlyMap<string, string> | undefined {
  const terms = text.split("&").map((term) =>
    /^(sha256|protocols|name|token_file)=(.+)$/.exec(term)
  );
  if (terms.includes(null)) return undefined;
  const values = new Map(terms.map((match) => [match![1]!, match![2]!]));
  return values.size === terms.length ? values : undefined;
}

function areProtocols(list: readonly string[]): boolean {
  return new Set(list).size === list.length && list.every((one) => linkProtocols.includes(one));
}
