import { TransportError } from "../errors.ts";
import type { Connection } from "../types.ts";
import { StreamReader } from "./stream_reader.ts";
import { FrameReader, FrameType, unexpected } from "./frames.ts";
import { handshake, type HandshakeOptions } from "./handshake.ts";
import { MAX_FIELD_SECTION_SIZE } from "./limits.ts";
import { decodeFieldSection } from "./qpack/field_section.ts";
import { collectFields, encodeRequest, quote } from "./request.ts";
import { WebTransportConnection } from "./session.ts";
import { parseString } from "./structured_field.ts";

/** Options of {@linkcode connectWebTransport}. */
export interface ConnectOptions extends HandshakeOptions {
  /** Host and port, as in a URL. */
  readonly authority: string;
  /** Path and query, with a leading slash. */
  readonly path: string;
  /** The protocols to offer, in order of preference. */
  readonly protocols: readonly string[];
  /** The `Origin` to send. */
  readonly origin?: string;
}

/**
 * Opens a WebTransport session on a raw `h3` connection as the client. Rejects with a `handshake`
 * {@linkcode TransportError} when the server refuses; the connection is closed then.
 */
export function connectWebTransport(raw: Connection, options: ConnectOptions): Promise<Connection> {
  return handshake(raw, "client", options, async (peer) => {
    const { authority, path, protocols, origin, clock } = options;
    const settings = await peer.settings;
    if (!settings.connectProtocol || !settings.datagrams || !settings.webTransport) {
      throw refusal("the server does not speak WebTransport as we do");
    }
    const stream = await raw.openBidi();
    await stream.send.write(encodeRequest({ authority, path, protocols, origin }));
    const frames = new FrameReader(new StreamReader(stream.receive), peer.guard);
    const fields = await readResponse(frames);
    const protocol = parseString(fields.get("wt-protocol") ?? "");
    if (protocol === undefined) throw refusal("the server chose no protocol");
    if (!protocols.includes(protocol)) {
      throw refusal("the server chose a protocol we did not offer");
    }
    const request = { stream, frames };
    return new WebTransportConnection({
      raw,
      peer,
      settings,
      request,
      protocol,
      path,
      authority,
      clock,
    });
  });
}

/** The fields of the final response, which must have a 2xx status. */
async function readResponse(frames: FrameReader): Promise<Map<string, string>> {
  for (;;) {
    const type = await frames.next();
    if (type === undefined) throw refusal("the server ended the request without an answer");
    if (type === FrameType.data || type === FrameType.settings) throw unexpected(type);
    if (type !== FrameType.headers) continue;
    const payload = await frames.payload(MAX_FIELD_SECTION_SIZE);
    const fields = collectFields(decodeFieldSection(payload));
    const status = fields?.get(":status") ?? "";
    if (fields === undefined || !/^[1-9]\d\d$/.test(status)) {
      throw refusal("the answer is malformed");
    }
    if (status.startsWith("2")) return fields;
    if (!status.startsWith("1")) {
      const hasReason = fields.get("content-type")?.startsWith("text/plain");
      throw refusal(`the server answered ${status}${hasReason ? await firstLine(frames) : ""}`);
    }
  }
}

/** The first line of a refusal's body; empty when there is none. */
async function firstLine(frames: FrameReader): Promise<string> {
  for (;;) {
    const type = await frames.next();
    if (type === undefined) return "";
    if (type !== FrameType.data) continue;
    const [line = ""] = new TextDecoder().decode(await frames.chunk()).split("\n");
    return line === "" ? "" : `: ${quote(line)}`;
  }
}

function refusal(reason: string): TransportError {
  return new TransportError("handshake", 0, reason);
}
