/** The HTTP request that opens a WebSocket (RFC 6455, section 4), and its response. */
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { QmuxVersion } from "../qmux/connection.ts";
import type { UpgradeRequest } from "./byte_stream.ts";
import { MAX_OFFERED_PROTOCOLS } from "./limits.ts";

/** What a server accepts. */
export interface UpgradePolicy {
  /** The supported protocols. The client's order decides, as in WebTransport. */
  readonly protocols: readonly string[];
  /** Whether pages of this origin may open a session; undefined for other programs. */
  allowOrigin(origin: string | undefined): boolean;
  /** Whether a request without TLS is accepted. */
  readonly allowsPlain: boolean;
}

/** Why a request is refused. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly reason: string;
  /** Whether the client offered protocols, none of them supported. */
  readonly isProtocol?: boolean;
}

/** What a request leads to. */
export interface Upgrade {
  readonly key: string;
  readonly path: string;
  readonly authority: string;
  /** The value for `Sec-WebSocket-Protocol`. */
  readonly subprotocol: string;
  readonly version: QmuxVersion;
  /** Undefined when it is negotiated in band. */
  readonly protocol: string | undefined;
}

/** The version of QMux that protocols without a prefix mean. */
const CURRENT: QmuxVersion = "qmux-02";
const VERSIONS: readonly QmuxVersion[] = [CURRENT, "qmux-01", "qmux-00"];

const KEY = /^[A-Za-z0-9+/]{22}==$/;
const PRINTABLE = /^[!-~]+$/;
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** The upgrade and the selected protocol, or the refusal. */
export function judgeUpgrade(
  { method, target, headers, isEncrypted }: UpgradeRequest,
  policy: UpgradePolicy,
): Outcome<Upgrade, UpgradeRefusal> {
  const origin = headers.get("origin");
  const key = headers.get("sec-websocket-key") ?? "";
  const authority = headers.get("host") ?? "";
  if (!policy.allowOrigin(origin)) {
    return refuse(403, `the origin ${quoted(origin ?? "(none)")} is not allowed`);
  }
  if (!isEncrypted && !policy.allowsPlain) {
    return refuse(403, "a WebSocket needs TLS here, use wss:");
  }
  if (method !== "GET") return refuse(405, "a WebSocket is opened with GET");
  if (headers.get("sec-websocket-version") !== "13") return refuse(426, "the version is not 13");
  if (!KEY.test(key)) return refuse(400, "the request has no usable key");
  if (!PRINTABLE.test(authority)) return refuse(400, "the request has no usable host");
  const offered = offeredIn(headers.get("sec-websocket-protocol") ?? "");
  if (offered.length > MAX_OFFERED_PROTOCOLS) {
    return refuse(400, `the client offered ${offered.length} protocols`);
  }
  const chosen = choose(offered, policy.protocols);
  if (chosen === undefined) {
    const spoken = policy.protocols.join(", ");
    const offer = quoted(offered.join(", "));
    const reason =
      `no common protocol: the client offered ${offer}, here is ${CURRENT} with ${spoken}`;
    return refused<UpgradeRefusal>({ status: 400, reason, isProtocol: true });
  }
  return done({ key, path: target, authority, ...chosen });
}

/** The bytes of the 101 response. */
export async function encodeWelcome({ key, subprotocol }: Upgrade): Promise<Uint8Array> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
  const accept = new Uint8Array(digest).toBase64();
  return new TextEncoder().encode(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );
}

/** The bytes of a refusal, with the reason as body. */
export function encodeRefusal({ status, reason }: UpgradeRefusal): Uint8Array {
  const body = new TextEncoder().encode(`${reason}\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_TEXTS[status]}\r\n` +
    (status === 426 ? "Sec-WebSocket-Version: 13\r\n" : "") +
    "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n" +
    `Content-Length: ${body.length}\r\n\r\n`;
  return Uint8Array.from([...new TextEncoder().encode(head), ...body]);
}

// What a server adds to the client's key (RFC 6455, section 1.3).
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function offeredIn(header: string): string[] {
  return header.split(",").map((token) => token.trim()).filter((token) => token !== "");
}

type Chosen = Pick<Upgrade, "subprotocol" | "version" | "protocol">;

/**
 * The first of the client's protocols that is supported. A client that names a version of QMux alone
 * negotiates in band.
 */
function choose(offered: readonly string[], protocols: readonly string[]): Chosen | undefined {
  const parsed = offered.map(parse);
  return parsed.find(({ protocol }) => protocol !== undefined && protocols.includes(protocol)) ??
    parsed.find(({ protocol }) => protocol === undefined);
}

/** `qmux-01.moqt-18` as `@moq/qmux` writes it, or `moqt-18` as the draft does. */
function parse(subprotocol: string): Chosen {
  for (const version of VERSIONS) {
    if (subprotocol === version) return { subprotocol, version, protocol: undefined };
    if (subprotocol.startsWith(`${version}.`)) {
      return { subprotocol, version, protocol: subprotocol.slice(version.length + 1) };
    }
  }
  return { subprotocol, version: CURRENT, protocol: subprotocol };
}

function refuse(status: number, reason: string) {
  return refused<UpgradeRefusal>({ status, reason });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, MAX_QUOTED_LENGTH));
}

/** Characters of a peer's text that a log line quotes: all that browsers offer fit. */
const MAX_QUOTED_LENGTH = 500;
