import { type Clock, refused } from "@qumo/shared/runtime";
import { NoCommonProtocol, TransportError } from "../errors.ts";
import type { Connection } from "../types.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { type FrameReader, FrameType, unexpected } from "./frames.ts";
import { handshake, type HandshakeOptions, linger } from "./handshake.ts";
import { MAX_FIELD_SECTION_SIZE } from "./limits.ts";
import type { RequestStream } from "./peer_streams.ts";
import { decodeFieldSection } from "./qpack/field_section.ts";
import type { Field } from "./qpack/static_table.ts";
import {
  encodeRefusal,
  encodeWelcome,
  type HttpRefusal,
  judgeRequest,
  type RequestPolicy,
} from "./request.ts";
import { WebTransportConnection } from "./session.ts";

/** Options of {@linkcode acceptWebTransport}. */
export interface AcceptOptions extends RequestPolicy, HandshakeOptions {}

/**
 * Accepts the WebTransport session of a client on a raw `h3` connection. Rejects with a `handshake`
 * {@linkcode TransportError} that has the reason in one line; the client has been answered and the
 * connection is closed then.
 */
export function acceptWebTransport(raw: Connection, options: AcceptOptions): Promise<Connection> {
  return handshake(raw, "server", options, async (peer) => {
    // The client's settings say whether it speaks a supported WebTransport draft, so they come
    // first.
    const settings = await peer.settings;
    const request = await peer.request;
    const fields = await readRequest(request.frames);
    const judged = fields === undefined ? TOO_LARGE : judgeRequest(fields, options);
    if (!judged.ok) {
      const refusal = errorOf(judged.refusal);
      peer.condemn(refusal);
      await refuse(raw, request, judged.refusal, options.clock);
      throw refusal;
    }
    const { protocol, request: { path, authority } } = judged.value;
    await request.stream.send.write(encodeWelcome(protocol));
    const { clock } = options;
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

const TOO_LARGE = refused<HttpRefusal>({
  status: 431,
  reason: "the request's fields are too large",
});

function errorOf({ reason, isProtocol }: HttpRefusal): TransportError {
  return isProtocol === true
    ? new NoCommonProtocol(reason)
    : new TransportError("handshake", 0, reason);
}

/** The fields of a request; undefined when they exceed the size limit. */
async function readRequest(frames: FrameReader): Promise<Field[] | undefined> {
  for (;;) {
    const type = await frames.next();
    if (type === undefined) {
      throw new Http3Error(Http3Code.requestIncomplete, "the client ended its request early");
    }
    if (NOT_IN_REQUESTS.has(type)) throw unexpected(type);
    if (type !== FrameType.headers) continue;
    if (frames.left > MAX_FIELD_SECTION_SIZE) return undefined;
    return decodeFieldSection(await frames.payload(MAX_FIELD_SECTION_SIZE));
  }
}

const NOT_IN_REQUESTS: ReadonlySet<bigint> = new Set([
  FrameType.data,
  FrameType.settings,
  FrameType.cancelPush,
  FrameType.pushPromise,
  FrameType.goaway,
  FrameType.maxPushId,
]);

/** Sends the response and waits, for a bounded time, until the client has read it. */
async function refuse(
  raw: Connection,
  { stream, frames }: RequestStream,
  refusal: HttpRefusal,
  clock: Clock,
): Promise<void> {
  await stream.send.write(encodeRefusal(refusal));
  await stream.send.finish();
  // The client has read the response when it ends its side of the request stream.
  await linger(raw, clock, async () => {
    while (await frames.next() !== undefined);
  });
}
