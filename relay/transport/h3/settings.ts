/** SETTINGS of HTTP/3 (RFC 9114, section 7.2.4), as far as WebTransport needs them. */
import { Http3Code, Http3Error } from "./codes.ts";
import { MAX_FIELD_SECTION_SIZE } from "./limits.ts";
import { concat, decodeVarint, encodeVarint } from "./varint.ts";

/** Known settings. */
const SettingId = {
  maxFieldSectionSize: 0x06n,
  enableConnectProtocol: 0x08n,
  h3Datagram: 0x33n,
  /** WebTransport of drafts 2 to 6: Chromium. */
  enableWebTransport: 0x2b603742n,
  /** WebTransport of drafts 7 to 12: Firefox and Safari. */
  webTransportMaxSessions: 0xc671706an,
  /** WebTransport of drafts 13 and 14: Safari. */
  webTransportMaxSessions13: 0x14e9cd29n,
  /** WebTransport of drafts 15 and later. */
  webTransportEnabled: 0x2c7cf000n,
} as const;

/** The peer's SETTINGS, as far as WebTransport needs them. */
export interface Settings {
  /** Whether it accepts extended CONNECT (RFC 9220); only servers send this setting. */
  readonly connectProtocol: boolean;
  /** Whether it accepts HTTP/3 datagrams (RFC 9297). */
  readonly datagrams: boolean;
  /** Whether it speaks a WebTransport draft with the supported wire format. */
  readonly webTransport: boolean;
}

/**
 * The SETTINGS of both sides: WebTransport under every identifier it had. One session is allowed,
 * because more would need flow control by capsules. Drafts from 13 on also require QUIC's
 * RESET_STREAM_AT, which Deno lacks; clients that insist on it (webtransport-go from 0.12) can use
 * raw QUIC.
 */
export const OUR_SETTINGS: ReadonlyMap<bigint, bigint> = new Map([
  [SettingId.maxFieldSectionSize, BigInt(MAX_FIELD_SECTION_SIZE)],
  [SettingId.enableConnectProtocol, 1n],
  [SettingId.h3Datagram, 1n],
  [SettingId.enableWebTransport, 1n],
  [SettingId.webTransportMaxSessions, 1n],
  [SettingId.webTransportMaxSessions13, 1n],
  [SettingId.webTransportEnabled, 1n],
]);

/** Encodes the payload of a SETTINGS frame. */
export function encodeSettings(settings: ReadonlyMap<bigint, bigint>): Uint8Array<ArrayBuffer> {
  return concat(...[...settings].flat().map(encodeVarint));
}

/** Decodes a payload. Throws an {@linkcode Http3Error} when it is malformed or violates a rule. */
export function decodeSettings(payload: Uint8Array): Settings {
  const values = new Map<bigint, bigint>();
  for (let at = 0; at < payload.length;) {
    const id = decodeVarint(payload, at);
    const value = id && decodeVarint(payload, id.end);
    if (id === undefined || value === undefined) {
      throw new Http3Error(Http3Code.frameError, "SETTINGS ends inside a setting");
    }
    if (values.has(id.value)) throw refused(id.value, "comes twice");
    if (HTTP2_SETTINGS.has(id.value)) throw refused(id.value, "belongs to HTTP/2");
    if (BOOLEANS.has(id.value) && value.value > 1n) throw refused(id.value, "is neither 0 nor 1");
    values.set(id.value, value.value);
    at = value.end;
  }
  const has = (id: bigint) => (values.get(id) ?? 0n) > 0n;
  return {
    connectProtocol: has(SettingId.enableConnectProtocol),
    datagrams: has(SettingId.h3Datagram),
    webTransport: WEBTRANSPORT.some(has),
  };
}

const HTTP2_SETTINGS: ReadonlySet<bigint> = new Set([0x00n, 0x02n, 0x03n, 0x04n, 0x05n]);
const WEBTRANSPORT: readonly bigint[] = [
  SettingId.enableWebTransport,
  SettingId.webTransportMaxSessions,
  SettingId.webTransportMaxSessions13,
  SettingId.webTransportEnabled,
];
const BOOLEANS: ReadonlySet<bigint> = new Set([
  SettingId.enableConnectProtocol,
  SettingId.h3Datagram,
]);

function refused(id: bigint, why: string): Http3Error {
  return new Http3Error(Http3Code.settingsError, `Setting 0x${id.toString(16)} ${why}`);
}
