/** The extended CONNECT (RFC 9220) that opens a WebTransport session, and its response. */
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { encodeFrame, FrameType } from "./frames.ts";
import { MAX_OFFERED_PROTOCOLS, MAX_QUOTED_LENGTH } from "./limits.ts";
import { encodeFieldSection } from "./qpack/field_section.ts";
import type { Field } from "./qpack/static_table.ts";
import { parseStringList, serializeString } from "./structured_field.ts";
import { concat } from "./varint.ts";

/** Why a request is refused: the status for the client, the reason for the log. */
export interface HttpRefusal {
  readonly status: number;
  readonly reason: string;
  /** Whether the client offered protocols, and none that is spoken here. */
  readonly isProtocol?: boolean;
}

/** A request that opens a session. */
export interface SessionRequest {
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  /** The page's origin; undefined for other programs. */
  readonly origin: string | undefined;
  /**
   * The protocols that the client offers, in order of preference; empty for a browser without this
   * option.
   */
  readonly protocols: readonly string[];
}

/** What a server accepts. */
export interface RequestPolicy {
  /** The supported protocols. The client's order decides: WebTransport leaves the choice to us. */
  readonly protocols: readonly string[];
  /** Whether pages of this origin may open a session; undefined for other programs. */
  allowOrigin(origin: string | undefined): boolean;
}

/**
 * The parsed request and the selected protocol, or the refusal. A client that offers no protocol
 * gets a session without one, and the version is negotiated in band.
 */
export function judgeRequest(
  fields: readonly Field[],
  policy: RequestPolicy,
): Outcome<
  { readonly request: SessionRequest; readonly protocol: string | undefined },
  HttpRefusal
> {
  const parsed = parseRequest(fields);
  if (!parsed.ok) return parsed;
  const { origin, protocols } = parsed.value;
  if (!policy.allowOrigin(origin)) {
    return refuse(403, `the origin ${quote(origin ?? "(none)")} is not allowed`);
  }
  const protocol = protocols.find((theirs) => policy.protocols.includes(theirs));
  if (protocol === undefined && protocols.length > 0) {
    const offer = quote(protocols.join(", "));
    const spoken = policy.protocols.join(", ");
    const reason = `no common protocol: the client offered ${offer}, here is ${spoken}`;
    return refused<HttpRefusal>({ status: 400, reason, isProtocol: true });
  }
  return done({ request: parsed.value, protocol });
}

/** The HEADERS frame of a session request. */
export function encodeRequest(request: SessionRequest): Uint8Array<ArrayBuffer> {
  const fields: Field[] = [
    [":method", "CONNECT"],
    [":protocol", "webtransport"],
    [":scheme", "https"],
    [":authority", request.authority],
    [":path", request.path],
    ["sec-webtransport-http3-draft02", "1"],
    ["wt-available-protocols", request.protocols.map(serializeString).join(", ")],
  ];
  if (request.origin !== undefined) fields.push(["origin", request.origin]);
  return encodeFrame(FrameType.headers, encodeFieldSection(fields));
}

/** The HEADERS frame of a 200 response, with the selected protocol if there is one. */
export function encodeWelcome(protocol: string | undefined): Uint8Array<ArrayBuffer> {
  const fields: Field[] = [[":status", "200"], ["sec-webtransport-http3-draft", "draft02"]];
  if (protocol !== undefined) fields.push(["wt-protocol", serializeString(protocol)]);
  return encodeFrame(FrameType.headers, encodeFieldSection(fields));
}

/** The frames of a refusal, with the reason as body. */
export function encodeRefusal({ status, reason }: HttpRefusal): Uint8Array<ArrayBuffer> {
  const fields: Field[] = [
    [":status", String(status)],
    ["content-type", "text/plain; charset=utf-8"],
  ];
  return concat(
    encodeFrame(FrameType.headers, encodeFieldSection(fields)),
    encodeFrame(FrameType.data, new TextEncoder().encode(`${reason}\n`)),
  );
}

/** The fields by name, repeated ones joined. Undefined for a malformed message. */
export function collectFields(fields: readonly Field[]): Map<string, string> | undefined {
  const collected = new Map<string, string>();
  let regular = false;
  for (const [name, value] of fields) {
    const pseudo = name.startsWith(":");
    const before = collected.get(name);
    if (pseudo && (regular || before !== undefined)) return undefined;
    if (!NAME.test(name) || !VALUE.test(value)) return undefined;
    regular ||= !pseudo;
    collected.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return collected;
}

/** A peer's text, cut and made printable for a log line. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, MAX_QUOTED_LENGTH));
}

const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^[^\0\r\n]*$/;
const PRINTABLE = /^[!-~]+$/;
// The `:protocol` of drafts up to 14, and of later ones.
const WEBTRANSPORT = ["webtransport", "webtransport-h3"];
const PSEUDO_FIELDS = [":method", ":protocol", ":scheme", ":authority", ":path"];

function parseRequest(fields: readonly Field[]): Outcome<SessionRequest, HttpRefusal> {
  const collected = collectFields(fields);
  if (collected === undefined) return refuse(400, "the request is malformed");
  for (const name of collected.keys()) {
    if (name.startsWith(":") && !PSEUDO_FIELDS.includes(name)) {
      return refuse(400, `the request has the unknown field ${quote(name)}`);
    }
  }
  const [method, protocol, scheme, authority = "", path = ""] = PSEUDO_FIELDS.map((name) =>
    collected.get(name)
  );
  if (method === undefined) return refuse(400, "the request has no method");
  if (method !== "CONNECT") return refuse(405, `the method ${quote(method)} is not CONNECT`);
  if (!WEBTRANSPORT.includes(protocol ?? "")) {
    return refuse(501, `the request is for ${quote(protocol ?? "a tunnel")}, not webtransport`);
  }
  if (scheme !== "https") return refuse(400, "the scheme of the request is not https");
  if (!PRINTABLE.test(authority)) return refuse(400, "the request has no usable authority");
  if (!path.startsWith("/") || !PRINTABLE.test(path)) {
    return refuse(400, "the request has no usable path");
  }
  const offered = collected.get("wt-available-protocols");
  const protocols = offered === undefined ? [] : parseStringList(offered);
  if (protocols === undefined) {
    return refuse(400, `the client's list of protocols is malformed: ${quote(offered ?? "")}`);
  }
  if (protocols.length > MAX_OFFERED_PROTOCOLS) {
    return refuse(400, `the client offered ${protocols.length} protocols`);
  }
  return done({ authority, path, origin: collected.get("origin"), protocols });
}

function refuse(status: number, reason: string) {
  return refused<HttpRefusal>({ status, reason });
}
