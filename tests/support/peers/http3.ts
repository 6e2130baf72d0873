import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { StreamReader } from "../../../relay/transport/h3/stream_reader.ts";
import { controlStreamPreface } from "../../../relay/transport/h3/control_stream.ts";
import { FrameGuard } from "../../../relay/transport/h3/frame_guard.ts";
import { encodeFrame, FrameReader, FrameType } from "../../../relay/transport/h3/frames.ts";
import {
  decodeFieldSection,
  encodeFieldSection,
} from "../../../relay/transport/h3/qpack/field_section.ts";
import type { Field } from "../../../relay/transport/h3/qpack/static_table.ts";
import { type AcceptOptions, acceptWebTransport } from "../../../relay/transport/h3/mod.ts";
import type { BidiStream, Connection, SendStream } from "../../../relay/transport/mod.ts";
import { ManualClock } from "../worlds/manual_clock.ts";
import { type MemoryOptions, memoryPair } from "../transport/memory_connection.ts";

/** The fields that open a session at path `/room?a=1`. */
export const CONNECT: readonly Field[] = [
  [":method", "CONNECT"],
  [":protocol", "webtransport"],
  [":scheme", "https"],
  [":authority", "relay.example"],
  [":path", "/room?a=1"],
  ["wt-available-protocols", '"moqt-18"'],
];

/** A client whose every byte the test decides, and a server that begins to accept a session from it. */
export function http3Pair(options: Partial<AcceptOptions> = {}, memory: MemoryOptions = {}) {
  const [client, server] = memoryPair({ protocol: "h3", ...memory });
  const clock = new ManualClock();
  const accepted = acceptWebTransport(server, {
    protocols: ["moqt-18"],
    allowOrigin: () => true,
    clock,
    ...options,
  });
  accepted.catch(() => {});
  return { client, server, clock, accepted };
}

/** Opens a unidirectional stream with these bytes on it. */
export async function openUni(client: Connection, ...parts: Uint8Array[]): Promise<SendStream> {
  const stream = await client.openUni();
  for (const part of parts) await stream.write(part);
  return stream;
}

/** Sends SETTINGS as any client does. */
export function openControl(client: Connection): Promise<SendStream> {
  return openUni(client, controlStreamPreface());
}

/** Sends a request. */
export async function openRequest(
  client: Connection,
  fields: readonly Field[] = CONNECT,
): Promise<BidiStream> {
  const stream = await client.openBidi();
  await stream.send.write(headersFrame(fields));
  return stream;
}

/** A HEADERS frame with these fields. */
export function headersFrame(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return encodeFrame(FrameType.headers, encodeFieldSection(fields));
}

/** The frames that are left on a stream. */
function framesOf({ receive }: BidiStream): FrameReader {
  return new FrameReader(new StreamReader(receive), new FrameGuard(systemClock));
}

/** The fields of the answer on a request's stream. */
export async function readAnswer(
  stream: BidiStream,
  frames = framesOf(stream),
): Promise<Map<string, string>> {
  assert.equal(await frames.next(), FrameType.headers);
  return new Map(decodeFieldSection(await frames.payload(4096)));
}

/** A session with both ends in hand: the server's as it is handed out, the client's raw. */
export async function openSession(
  options: Partial<AcceptOptions> = {},
  memory: MemoryOptions = {},
) {
  const pair = http3Pair(options, memory);
  await openControl(pair.client);
  const request = await openRequest(pair.client);
  const frames = framesOf(request);
  assert.equal((await readAnswer(request, frames)).get(":status"), "200");
  return { ...pair, session: await pair.accepted, request, frames };
}

/** Bytes from hex with spaces. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}
