import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "@qumo/shared/runtime";
import { checkProperty } from "../../../tests/support/properties.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import {
  type ControlFrame,
  datagramHeader,
  encodeFrame,
  type Frame,
  FrameReader,
  streamHeader,
} from "./frames.ts";

const PARAMETERS = {
  maxIdleTimeout: 30_000,
  maxData: 1_048_576,
  maxStreamDataBidiLocal: 0,
  maxStreamDataBidiRemote: 262_144,
  maxStreamDataUni: 262_144,
  maxStreamsBidi: 100,
  maxStreamsUni: 0,
  maxDatagramFrame: 1_500,
  maxRecordSize: 16_382,
};

/** From the texts: RFC 9000, section 19, and draft-ietf-quic-qmux. */
const CONTROL: readonly (readonly [ControlFrame, hex: string])[] = [
  [{ kind: "reset", id: 4, code: 7, size: 300 }, "04 04 07 412c"],
  [{ kind: "stop", id: 3, code: 70 }, "05 03 4046"],
  [{ kind: "max_data", limit: 1_000_000 }, "10 800f4240"],
  [{ kind: "max_stream_data", id: 8, limit: 64 }, "11 08 4040"],
  [{ kind: "max_streams_bidi", limit: 63 }, "12 3f"],
  [{ kind: "max_streams_uni", limit: 16_384 }, "13 80004000"],
  [{ kind: "data_blocked", limit: 2 ** 32 }, "14 c000000100000000"],
  [{ kind: "stream_data_blocked", id: 2, limit: 5 }, "15 02 05"],
  [{ kind: "streams_blocked_bidi", limit: 1 }, "16 01"],
  [{ kind: "streams_blocked_uni", limit: 0 }, "17 00"],
  [{ kind: "close", code: 10, frame: 4, reason: "no" }, "1c 0a 04 02 6e6f"],
  [{ kind: "application_close", code: 3, reason: "äh" }, "1d 03 03 c3a468"],
  [{ kind: "ping", sequence: 9 }, "f48c67529ef8c7bd 09"],
  [{ kind: "pong", sequence: 9 }, "f48c67529ef8c7be 09"],
  [
    { kind: "parameters", parameters: PARAMETERS },
    "ff5153300d0a0d0a 20 01 04 80007530 04 04 80100000 06 04 80040000 07 04 80040000" +
    " 08 02 4064 20 02 45dc",
  ],
];

/** Frames that are only read, or written in parts. */
const DATA: readonly (readonly [Frame, hex: string])[] = [
  [stream(4, undefined, "0102", false), "0a 04 02 0102"],
  [stream(4, undefined, "0102", true), "0b 04 02 0102"],
  [stream(2, 66, "", true), "0f 02 4042 00"],
  [stream(2, 1, "aa", false), "0e 02 01 01 aa"],
  [stream(0, undefined, "aabb", false), "08 00 aabb"],
  [stream(0, 5, "aabb", true), "0d 00 05 aabb"],
  [{ kind: "datagram", data: bytesOf("010203"), size: 4 }, "30 010203"],
  [{ kind: "datagram", data: bytesOf("010203"), size: 5 }, "31 03 010203"],
  [{ kind: "padding" }, "00"],
  [{ kind: "padding" }, "000000"],
];

const WITHOUT_LENGTH = [0x08, 0x0d, 0x30, 0x00];

for (const [frame, hex] of CONTROL) {
  Deno.test(`${frame.kind} is written as the draft says: ${hex}`, () => {
    assert.equal(encodeFrame(frame).toHex(), hex.replaceAll(" ", ""));
  });
}

for (const [frame, hex] of [...CONTROL, ...DATA]) {
  const bytes = bytesOf(hex);
  Deno.test(`${hex} is read as ${frame.kind}`, () => {
    assert.deepEqual(readAll(bytes), [frame]);
  });

  if (WITHOUT_LENGTH.includes(bytes[0]!)) continue;
  Deno.test(`${hex} is refused when it is cut short, and leaves what follows`, () => {
    for (let length = 1; length < bytes.length; length++) {
      assert.throws(() => readAll(bytes.subarray(0, length)), isEncodingError);
    }
    assert.deepEqual(readAll(joinBytes([bytes, bytesOf("1405")])), [
      frame,
      { kind: "data_blocked", limit: 5 },
    ]);
  });
}

Deno.test("a STREAM frame carries its offset and its length", () => {
  const header = streamHeader(2, 66, { length: 0, fin: true });
  assert.equal(header.toHex(), "0f02404200");
  assert.equal(streamHeader(0, 0, { length: 16_352, fin: false }).toHex(), "0e00007fe0");
  assert.equal(datagramHeader(3).toHex(), "3103");
});

Deno.test("frames of packets and unknown ones are refused", () => {
  // PING, ACK, CRYPTO, NEW_TOKEN, NEW_CONNECTION_ID, RETIRE_, PATH_ and HANDSHAKE_DONE; RESET_STREAM_AT
  // is not among our parameters.
  for (const type of ["01", "02", "03", "06", "07", "18", "19", "1a", "1b", "1e", "24", "7fff"]) {
    assert.throws(() => readAll(bytesOf(`${type} 00000000`)), isEncodingError, type);
  }
});

Deno.test("limits above every number stand for many, but not of streams", () => {
  const most = "ffffffffffffffff";
  const limit = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(readAll(bytesOf(`10 ${most}`)), [{ kind: "max_data", limit }]);
  assert.throws(() => readAll(bytesOf(`12 ${most}`)), isEncodingError);
  assert.throws(() => readAll(bytesOf(`0e ${most} 00 00`)), isEncodingError);
});

Deno.test("whatever is written is read again", () => {
  const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  checkProperty(fc.property(number, number, number, fc.string(), (id, code, size, reason) => {
    const frames: ControlFrame[] = [
      { kind: "reset", id, code, size },
      { kind: "close", code, frame: size, reason: reason.toWellFormed() },
      { kind: "max_stream_data", id, limit: size },
    ];
    assert.deepEqual(readAll(joinBytes(frames.map(encodeFrame))), frames);
  }));
});

Deno.test("random bytes are read or refused, and nothing else happens", () => {
  checkProperty(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    try {
      readAll(bytes);
    } catch (error) {
      assert(error instanceof QmuxError);
    }
  }));
});

function stream(id: number, offset: number | undefined, hex: string, fin: boolean): Frame {
  return { kind: "stream", id, offset, data: bytesOf(hex), fin };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

function readAll(record: Uint8Array): Frame[] {
  const reader = new FrameReader(record);
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  return frames;
}

function isEncodingError(error: unknown): boolean {
  assert(error instanceof QmuxError);
  assert.equal(error.code, QmuxCode.frameEncodingError);
  return true;
}
