import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import {
  type BidiStream,
  type Connection,
  type ReceiveStream,
  type SendStream,
  TransportError,
  type TransportErrorKind,
} from "../../../relay/transport/mod.ts";

/** Everything up to the end of the stream. */
export async function readAll(stream: ReceiveStream, step = 65_536): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let memory = new Uint8Array(step);
  for (;;) {
    const part = await stream.read(memory);
    if (part === undefined) return joinBytes(parts);
    parts.push(part.slice());
    memory = new Uint8Array(part.buffer);
  }
}

/** The next bytes of a stream that has not ended. */
export async function readSome(stream: ReceiveStream, most = 1024): Promise<number[]> {
  const part = await stream.read(new Uint8Array(most));
  assert(part !== undefined, "the stream ended");
  return [...part];
}

/** Writes everything and ends the stream. */
export async function send(stream: SendStream, bytes: Uint8Array): Promise<void> {
  await stream.write(bytes);
  await stream.finish();
}

/** The peer's next stream, which must come. */
export async function uniFrom(connection: Connection): Promise<ReceiveStream> {
  const stream = await connection.acceptUni();
  assert(stream !== undefined, "the connection ended");
  return stream;
}

/** See {@linkcode uniFrom}. */
export async function bidiFrom(connection: Connection): Promise<BidiStream> {
  const stream = await connection.acceptBidi();
  assert(stream !== undefined, "the connection ended");
  return stream;
}

/**
 * A question and its answer on a stream of their own: what was sent before has arrived at both ends
 * by then, and what has not happened by then is waiting for something.
 */
export async function roundTrip(client: Connection, server: Connection): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const ask = await client.openBidi();
    await send(ask.send, Uint8Array.of(1));
    const answer = await bidiFrom(server);
    await readAll(answer.receive);
    await send(answer.send, Uint8Array.of(2));
    await readAll(ask.receive);
  }
}

/** Writes until the peer's refusal arrives, and returns it. */
export async function writeUntilRefused(stream: SendStream): Promise<TransportError> {
  for (;;) {
    try {
      await stream.write(new Uint8Array(65_536));
    } catch (error) {
      assert(error instanceof TransportError, `${error}`);
      return error;
    }
  }
}

/** Holds if the promise fails with this kind of error and, when given, this code. */
export async function assertFails(
  promise: Promise<unknown>,
  kind: TransportErrorKind,
  code?: number,
): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert(error instanceof TransportError, `not a TransportError: ${error}`);
    assert.equal(error.kind, kind);
    if (code !== undefined) assert.equal(error.code, code);
    return true;
  });
}

/** Whether a promise has come to anything yet; never an unhandled rejection itself. */
export function watch(promise: Promise<unknown>): { settled: boolean } {
  const state = { settled: false };
  const settle = () => void (state.settled = true);
  promise.then(settle, settle);
  return state;
}

/** Bytes that differ by place, so that a loss or a swap shows. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) + seed) & 0xff;
  return bytes;
}
