import { formatAddress, isLoopback, parseAddress, type SocketAddress } from "@qumo/shared/runtime";

/** What a relay's URL looks like, for messages. */
export const RELAY_URL_FORM = "moqt://host:port, or https://host:port, which means the same";

// For both schemes (#moqt-uri-scheme).
const DEFAULT_PORT = 443;

/**
 * Parses the URL at which a relay takes QUIC connections: `moqt://host:port` or
 * `https://host:port`. An IPv6 host is returned without brackets. Undefined for everything else.
 */
export function parseRelayUrl(text: string): SocketAddress | undefined {
  const match = /^(moqt|https):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s/?#@:[\]]+))(?::(\d{1,5}))?\/?$/i
    .exec(text);
  if (match === null) return undefined;
  const [, , v6, name, digits] = match;
  const port = Number(digits ?? DEFAULT_PORT);
  if (port === 0 || port > 65_535 || !URL.canParse(`http://${v6 ? `[${v6}]` : name}`)) {
    return undefined;
  }
  return { hostname: v6 ?? name!, port };
}

/**
 * The URL at which other relays reach one that listens on `local` (`127.0.0.1:4433`); empty when
 * `local` is every address of its machine.
 */
export function callableUrl(local: string): string {
  const address = parseAddress(local);
  if (address === undefined || (!isLoopback(address) && /^[0:.]+$/.test(address.hostname))) {
    return "";
  }
  return `moqt://${formatAddress(address)}`;
}
