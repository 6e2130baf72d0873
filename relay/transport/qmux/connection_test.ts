import assert from "node:assert/strict";
import fc from "fast-check";
import type { Clock } from "@qumo/shared/runtime";
import { joinBytes } from "@qumo/shared/runtime";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { checkProperty } from "../../../tests/support/properties.ts";
import {
  MemoryChannel,
  QMUX_LIMITS,
  type QmuxEnd,
  qmuxEnd,
  qmuxPair,
} from "../../../tests/support/transport/qmux_pair.ts";
import { QmuxCode } from "./codes.ts";
import type { QmuxConnection, QmuxVersion } from "./connection.ts";
import { encodeFrame, type Frame, FrameReader, streamHeader } from "./frames.ts";
import {
  CONNECTION_WINDOW,
  MAX_FRAMES_WAITING,
  STREAM_WINDOW,
  USELESS_FRAMES_AT_ONCE,
} from "./limits.ts";

const PARAMETERS = {
  maxIdleTimeout: 0,
  maxData: 1_000_000,
  maxStreamDataBidiLocal: 100_000,
  maxStreamDataBidiRemote: 100_000,
  maxStreamDataUni: 100_000,
  maxStreamsBidi: 10,
  maxStreamsUni: 10,
  maxDatagramFrame: 0,
  maxRecordSize: 16_382,
};

/** A server, and the bytes of a client that does what a test wants. */
class Scripted {
  readonly server: QmuxConnection;
  readonly line: MemoryChannel;
  readonly #theirs: MemoryChannel;

  constructor(version: QmuxVersion = "qmux-02", clock?: Clock) {
    const line = new MemoryChannel();
    const theirs = new MemoryChannel(line);
    this.line = line;
    this.#theirs = theirs;
    line.listen({ onRecord() {}, onSign() {}, onViolation() {}, onEnd() {} });
    this.server = qmuxEnd(theirs, "server", { version, ...(clock && { clock }) });
  }

  /** Declares what it takes. */
  begin(parameters: Partial<typeof PARAMETERS> = {}): this {
    const all = { ...PARAMETERS, ...parameters };
    this.send(encodeFrame({ kind: "parameters", parameters: all }));
    return this;
  }

  /** Reads nothing that the server sends. */
  hold(): void {
    this.#theirs.hold();
  }

  send(...frames: Uint8Array[]): void {
    this.line.inject(joinBytes(frames));
  }

  data(id: number, offset: number, data: Uint8Array, fin = false): void {
    this.send(streamHeader(id, offset, { length: data.length, fin }), data);
  }

  /** The frames that the server has sent. */
  async frames(): Promise<Frame[]> {
    await turns();
    return this.#theirs.sent.flatMap((record) => [...framesOf(record)]);
  }

  /** How the server ended it, for the client and for itself. */
  async verdict(): Promise<{ code: number; reason: string; isOverLimit: boolean }> {
    const last = (await this.frames()).at(-1);
    assert(last?.kind === "close", `the last frame is ${last?.kind}`);
    this.line.end();
    const { by, code, reason, overLimit } = await this.server.closed;
    assert.deepEqual({ by, code, reason }, { by: "local", code: last.code, reason: last.reason });
    return { code, reason, isOverLimit: overLimit ?? false };
  }
}

function* framesOf(record: Uint8Array): Generator<Frame> {
  const reader = new FrameReader(record);
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) yield frame;
}

/** Lets everything under way happen. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function kinds(frames: readonly Frame[]): string[] {
  return frames.map(({ kind }) => kind);
}

const { frameEncodingError, protocolViolation, streamLimitError, streamStateError } = QmuxCode;
const { finalSizeError, flowControlError, transportParameterError } = QmuxCode;

interface Misdeed {
  readonly code: number;
  readonly reason: RegExp;
  /** What the client does, after its parameters or with them. */
  readonly act: (client: Scripted) => void;
  readonly isFirst?: boolean;
  readonly isOverLimit?: boolean;
  readonly version?: QmuxVersion;
}

const bytes = new Uint8Array(10);

const MISDEEDS: Readonly<Record<string, Misdeed>> = {
  "sends something else first": {
    isFirst: true,
    code: protocolViolation,
    reason: /parameters come first/,
    act: (client) => client.data(0, 0, bytes),
  },
  "declares its parameters twice": {
    code: protocolViolation,
    reason: /parameters come first, and once/,
    act: (client) => client.begin(),
  },
  "declares a forbidden parameter": {
    isFirst: true,
    code: transportParameterError,
    reason: /forbidden/,
    act: (client) => client.send(Uint8Array.fromHex("ff5153300d0a0d0a020000")),
  },
  "declares far too much": {
    isFirst: true,
    code: transportParameterError,
    reason: /bytes of parameters/,
    act: (client) => client.send(Uint8Array.fromHex("ff5153300d0a0d0a7fff")),
  },
  "sends a record that is too large": {
    code: frameEncodingError,
    reason: /a record of 16383 bytes/,
    act: (client) => client.send(new Uint8Array(16_383)),
  },
  "sends a message that is too large, without records": {
    version: "qmux-00",
    code: frameEncodingError,
    reason: /a record of 16385 bytes/,
    act: (client) => client.send(new Uint8Array(16_385)),
  },
  "ends a record within a frame": {
    code: frameEncodingError,
    reason: /ends within a frame/,
    act: (client) => client.send(Uint8Array.fromHex("0e0000")),
  },
  "sends a frame of packets": {
    code: frameEncodingError,
    reason: /frame type 0x1 is not allowed/,
    act: (client) => client.send(Uint8Array.of(1)),
  },
  "leaves a gap in a stream": {
    code: protocolViolation,
    reason: /offset 1 where 0 was expected/,
    act: (client) => client.data(0, 1, bytes),
  },
  "sends bytes of a stream again": {
    code: protocolViolation,
    reason: /offset 5 where 10 was expected/,
    act: (client) => {
      client.data(0, 0, bytes);
      client.data(0, 5, bytes);
    },
  },
  "sends behind the end of a stream": {
    code: finalSizeError,
    reason: /behind the end/,
    act: (client) => {
      client.data(0, 0, bytes, true);
      client.data(0, 10, bytes);
    },
  },
  "opens one stream too many": {
    code: streamLimitError,
    reason: /one too many/,
    act: (client) => client.data(4 * QMUX_LIMITS.maxBidiStreams, 0, bytes),
  },
  "opens an unidirectional stream far away": {
    code: streamLimitError,
    reason: /one too many/,
    act: (client) => client.data(2 ** 52 + 2, 0, bytes),
  },
  "sends on a stream that is only received by it": {
    code: streamStateError,
    reason: /is not received on this side/,
    act: (client) => client.data(3, 0, bytes),
  },
  "sends on a stream of ours that was never opened": {
    code: streamStateError,
    reason: /never opened/,
    act: (client) => client.data(1, 0, bytes),
  },
  "stops a stream that only it sends": {
    code: streamStateError,
    reason: /is not sent on this side/,
    act: (client) => client.send(encodeFrame({ kind: "stop", id: 2, code: 0 })),
  },
  "lets us send on a stream that only it sends": {
    code: streamStateError,
    reason: /is not sent on this side/,
    act: (client) => client.send(encodeFrame({ kind: "max_stream_data", id: 2, limit: 9 })),
  },
  "resets a stream of ours that was never opened": {
    code: streamStateError,
    reason: /never opened/,
    act: (client) => client.send(encodeFrame({ kind: "reset", id: 5, code: 0, size: 0 })),
  },
  "sends more of a stream than it may": {
    code: flowControlError,
    reason: /exceeds its window/,
    act: (client) => fill(client, 0, STREAM_WINDOW + 1),
  },
  "sends more of all streams than it may": {
    code: flowControlError,
    reason: /exceeds its window/,
    act: (client) => {
      const count = CONNECTION_WINDOW / STREAM_WINDOW;
      for (let at = 0; at < count; at++) fill(client, 4 * at, STREAM_WINDOW);
      client.data(4 * count, 0, bytes);
    },
  },
  "resets a stream behind its window": {
    code: flowControlError,
    reason: /exceeds its window/,
    act: (client) =>
      client.send(encodeFrame({ kind: "reset", id: 0, code: 0, size: STREAM_WINDOW + 1 })),
  },
  "answers a ping that was never sent": {
    code: protocolViolation,
    reason: /answer to ping 0, never sent/,
    act: (client) => client.send(encodeFrame({ kind: "pong", sequence: 0 })),
  },
  "counts its pings backwards": {
    code: protocolViolation,
    reason: /ping 4 after 4/,
    act: (client) => {
      for (let count = 0; count < 2; count++) {
        client.send(encodeFrame({ kind: "ping", sequence: 4 }));
      }
    },
  },
  "sends a datagram that is too large": {
    code: protocolViolation,
    reason: /a datagram frame of 1501 bytes where 1500 are allowed/,
    act: (client) => client.send(joinBytes([Uint8Array.of(0x30), new Uint8Array(1_500)])),
  },
  "sends a datagram where there are none": {
    version: "qmux-00",
    code: protocolViolation,
    reason: /where 0 are allowed/,
    act: (client) => client.send(Uint8Array.of(0x30)),
  },
  "floods with pings": flood((at) => encodeFrame({ kind: "ping", sequence: at })),
  "floods with padding": flood(() => new Uint8Array(9)),
  "floods with empty records": flood(() => new Uint8Array()),
  "floods with reports of being blocked": flood(() =>
    encodeFrame({ kind: "data_blocked", limit: 1 })
  ),
  "floods with limits that are no higher": flood(() => encodeFrame({ kind: "max_data", limit: 1 })),
  "floods with empty frames": flood(() => streamHeader(0, 0, { length: 0, fin: false })),
};

function flood(frame: (at: number) => Uint8Array): Misdeed {
  return {
    code: protocolViolation,
    reason: /frames a second beside the data/,
    isOverLimit: true,
    act: (client) => {
      for (let at = 0; at <= USELESS_FRAMES_AT_ONCE + 1; at++) client.send(frame(at));
    },
  };
}

function fill(client: Scripted, id: number, length: number): void {
  const part = new Uint8Array(16_000);
  for (let at = 0; at < length; at += part.length) {
    client.data(id, at, part.subarray(0, Math.min(part.length, length - at)));
  }
}

for (const [what, misdeed] of Object.entries(MISDEEDS)) {
  Deno.test(`a client that ${what} is told so, and its session ends`, async () => {
    const client = new Scripted(misdeed.version, new ManualClock());
    if (!misdeed.isFirst) client.begin();
    misdeed.act(client);
    const { code, reason, isOverLimit } = await client.verdict();
    assert.equal(code, misdeed.code);
    assert.match(reason, misdeed.reason);
    assert.equal(isOverLimit, misdeed.isOverLimit ?? false);
  });
}

Deno.test("the parameters come first, and say what is taken", async () => {
  const client = new Scripted();
  const [first, ...others] = await client.frames();
  assert(first?.kind === "parameters");
  assert.deepEqual(first.parameters, {
    maxIdleTimeout: QMUX_LIMITS.maxIdleTimeout,
    maxData: CONNECTION_WINDOW,
    maxStreamDataBidiLocal: STREAM_WINDOW,
    maxStreamDataBidiRemote: STREAM_WINDOW,
    maxStreamDataUni: STREAM_WINDOW,
    maxStreamsBidi: QMUX_LIMITS.maxBidiStreams,
    maxStreamsUni: QMUX_LIMITS.maxUniStreams,
    maxDatagramFrame: 1_500,
    maxRecordSize: 16_382,
  });
  assert.deepEqual(others, []);
  client.server.close(0, "");
  client.line.end();
  await client.server.closed;
});

Deno.test("the first releases send neither offsets nor final sizes", async () => {
  const client = new Scripted("qmux-00").begin();
  for (const byte of [1, 2]) client.send(Uint8Array.of(0x0a, 2, 1, byte));
  const stream = (await client.server.acceptUni())!;
  assert.deepEqual([...(await stream.read(new Uint8Array(9)))!], [1, 2]);
  client.send(encodeFrame({ kind: "reset", id: 2, code: 7, size: 0 }));
  await assert.rejects(stream.read(new Uint8Array(9)), { kind: "reset", code: 7 });
  end(client);
});

Deno.test("without records a message has one frame", async () => {
  const client = new Scripted("qmux-00").begin();
  const streams = [await client.server.openUni(), await client.server.openUni()];
  await Promise.all(streams.map((stream) => stream.write(new Uint8Array(20_000))));
  await turns();
  const [, server] = [client.line, await client.frames()];
  assert.deepEqual(kinds(server), ["parameters", "stream", "stream", "stream", "stream"]);
  assert.equal(client.server.maxDatagramSize, 0);
  end(client);
});

Deno.test("what arrived before a reset is read before it is told", async () => {
  const client = new Scripted().begin();
  client.data(2, 0, Uint8Array.of(1, 2, 3));
  client.send(encodeFrame({ kind: "reset", id: 2, code: 9, size: 3 }));
  const stream = (await client.server.acceptUni())!;
  assert.deepEqual([...(await stream.read(new Uint8Array(9)))!], [1, 2, 3]);
  await assert.rejects(stream.read(new Uint8Array(9)), { kind: "reset", code: 9 });
  end(client);
});

Deno.test("a large stream and small ones take turns, and an urgent one does not wait", async () => {
  const [client, server] = await qmuxPair({ clock: new ManualClock() });
  client.channel.sent.length = 0;
  const opened = await Promise.all(
    Array.from({ length: 4 }, () => client.connection.openUni()),
  );
  const [large, small, other, urgent] = opened as [typeof opened[0], ...typeof opened];
  urgent!.priority = 5;
  const writes = [large!.write(new Uint8Array(300_000)), small!.write(new Uint8Array(10))];
  writes.push(other!.write(new Uint8Array(20_000)), urgent!.write(new Uint8Array(30_000)));
  await Promise.all(writes.slice(1));
  await turns();
  const order = dataFrames(client).map(({ id }) => id);
  // The urgent one first, then the three others in turns.
  assert.deepEqual(order.slice(0, 7), [14, 14, 2, 6, 10, 2, 10]);
  for (let count = 0; count < 4; count++) void readToEnd(server);
  await writes[0];
  finish(client, server);
});

Deno.test("a peer that does not read holds one batch, and what is written waits with its stream", async () => {
  const [client, server] = await qmuxPair({ clock: new ManualClock() });
  const stream = await client.connection.openUni();
  client.channel.hold();
  let taken = 0;
  const writing = (async () => {
    for (let at = 0; at < 10; at++) {
      await stream.write(new Uint8Array(32_000));
      taken++;
    }
  })();
  await turns();
  assert(taken <= 3, `${taken} writes of 32,000 bytes were taken`);
  void readToEnd(server);
  client.channel.letGo();
  await writing;
  finish(client, server);
});

Deno.test("a client that does not read gets no credit that it could guess", async () => {
  const client = new Scripted("qmux-02", new ManualClock()).begin();
  await turns();
  client.hold();
  const { maxUniStreams } = QMUX_LIMITS;
  for (let at = 0; at < maxUniStreams; at++) client.data(4 * at + 2, 0, new Uint8Array(), true);
  for (let at = 0; at < maxUniStreams; at++) {
    const stream = (await client.server.acceptUni())!;
    assert.equal(await stream.read(new Uint8Array(1)), undefined);
  }
  // The first frame that raised the limit is under way, and those behind it are not.
  const raised = Math.floor(maxUniStreams / 8);
  client.data(4 * (maxUniStreams + raised - 1) + 2, 0, new Uint8Array(), true);
  client.data(4 * (maxUniStreams + raised) + 2, 0, new Uint8Array(), true);
  assert.equal(await client.server.acceptUni().then((stream) => stream?.read(bytes)), undefined);
  assert.equal((await client.server.closed).code, streamLimitError);
});

Deno.test("a peer that stops our streams and does not read is given up", async () => {
  const maxStreamsUni = 2 * MAX_FRAMES_WAITING;
  const client = new Scripted("qmux-02", new ManualClock()).begin({ maxStreamsUni });
  await turns();
  client.hold();
  for (let at = 0; at <= MAX_FRAMES_WAITING + 1; at++) {
    const opened = await client.server.openUni().catch(() => undefined);
    if (opened === undefined) break;
    client.send(encodeFrame({ kind: "stop", id: 4 * at + 3, code: 0 }));
  }
  client.line.end();
  const { code, by, overLimit, reason } = await client.server.closed;
  assert.deepEqual([code, by, overLimit], [QmuxCode.internalError, "local", true]);
  assert.match(reason, /frames wait/);
});

Deno.test("a stream that is reset before anybody took it gives its place back only then", async () => {
  const client = new Scripted().begin();
  const { maxUniStreams } = QMUX_LIMITS;
  for (let at = 0; at < maxUniStreams; at++) {
    const id = 4 * at + 2;
    client.data(id, 0, bytes);
    client.send(encodeFrame({ kind: "reset", id, code: 0, size: bytes.length }));
  }
  assert(!kinds(await client.frames()).includes("max_streams_uni"));
  for (let at = 0; at < maxUniStreams; at++) {
    const stream = (await client.server.acceptUni())!;
    await stream.read(new Uint8Array(99));
  }
  assert(kinds(await client.frames()).includes("max_streams_uni"));
  end(client);
});

Deno.test("a stream whose peer wants no more is reset with the peer's code", async () => {
  const client = new Scripted().begin();
  const stream = await client.server.openUni();
  await stream.write(bytes);
  client.send(encodeFrame({ kind: "stop", id: 3, code: 12 }));
  await assert.rejects(stream.write(bytes), { kind: "stopped", code: 12 });
  const reset = (await client.frames()).at(-1);
  assert.deepEqual(reset, { kind: "reset", id: 3, code: 12, size: bytes.length });
  end(client);
});

Deno.test("what blocks a sender is said once", async () => {
  const client = new Scripted().begin({ maxStreamsUni: 1, maxStreamDataUni: 4, maxData: 6 });
  const stream = await client.server.openUni();
  const write = stream.write(new Uint8Array(9));
  const waiting = client.server.openUni();
  const said = kinds(await client.frames());
  assert.deepEqual(said.slice(1).toSorted(), [
    "stream",
    "stream_data_blocked",
    "streams_blocked_uni",
  ]);
  client.send(encodeFrame({ kind: "max_stream_data", id: 3, limit: 100 }));
  assert.equal((await client.frames()).at(-1)?.kind, "data_blocked");
  client.send(encodeFrame({ kind: "max_data", limit: 100 }));
  await write;
  client.send(encodeFrame({ kind: "max_streams_uni", limit: 2 }));
  await waiting;
  end(client);
});

Deno.test("a FIN needs no credit", async () => {
  const client = new Scripted().begin({ maxData: 0 });
  const stream = await client.server.openUni();
  const stuck = await client.server.openUni();
  const write = stuck.write(bytes);
  await stream.finish();
  const last = (await client.frames()).filter(({ kind }) => kind === "stream");
  assert.deepEqual(last.map((frame) => frame.kind === "stream" && [frame.id, frame.fin]), [[
    3,
    true,
  ]]);
  end(client);
  await assert.rejects(write, { kind: "closed" });
});

Deno.test("a quiet peer is asked for a sign, and lost when it gives none", async () => {
  const clock = new ManualClock();
  const [client, server] = await qmuxPair({ clock, limits: { keepAliveInterval: 0 } });
  finish(client, server);
  const quiet = new Scripted("qmux-02", clock).begin();
  quiet.line.answersProbes = false;
  await clock.advance(QMUX_LIMITS.keepAliveInterval);
  assert.equal((await quiet.frames()).at(-1)?.kind, "ping");
  quiet.send(encodeFrame({ kind: "pong", sequence: 0 }));
  await clock.advance(QMUX_LIMITS.maxIdleTimeout - 1);
  assert.equal(kinds(await quiet.frames()).filter((kind) => kind === "ping").length, 3);
  await clock.advance(2);
  const { by, code, reason } = await quiet.server.closed;
  assert.deepEqual({ by, code }, { by: "lost", code: 0 });
  assert.equal(reason, "nothing was heard for 10000 ms");
});

Deno.test("a publisher that only sends hears from us before it gives up", async () => {
  const clock = new ManualClock();
  const busy = new Scripted("qmux-02", clock).begin();
  await clock.advance(0);
  for (let second = 1; second < QMUX_LIMITS.maxIdleTimeout / 1_000; second++) {
    busy.data(2 + 4 * second, 0, bytes, true);
    await clock.advance(1_000);
    // What is said meanwhile is written before more time passes.
    await busy.frames();
  }
  const pings = kinds(await busy.frames()).filter((kind) => kind === "ping");
  assert.equal(pings.length, Math.floor(9_000 / QMUX_LIMITS.keepAliveInterval));
  end(busy);
});

Deno.test("of pings that wait for their answers the last gets one", async () => {
  const client = new Scripted().begin();
  for (const sequence of [1, 5, 9]) client.send(encodeFrame({ kind: "ping", sequence }));
  const answers = (await client.frames()).filter(({ kind }) => kind === "pong");
  assert.deepEqual(answers, [{ kind: "pong", sequence: 9 }]);
  end(client);
});

Deno.test("the peer's close ends everything, with its code", async () => {
  for (
    const [frame, reason] of [
      [encodeFrame({ kind: "application_close", code: 4, reason: "bye" }), "bye"],
      [encodeFrame({ kind: "close", code: 4, frame: 8, reason: "bad" }), "transport error: bad"],
    ] as const
  ) {
    const client = new Scripted().begin();
    client.send(frame);
    assert.deepEqual(await client.server.closed, { code: 4, reason, by: "peer" });
    await assert.rejects(client.server.openUni(), { kind: "closed", code: 4 });
  }
});

Deno.test("bytes that nobody reads are counted, and only those", async () => {
  const client = new Scripted().begin();
  client.data(0, 0, new Uint8Array(1_000));
  assert.equal(client.server.unread(), 1_000);
  const stream = (await client.server.acceptBidi())!;
  await stream.receive.read(new Uint8Array(600));
  assert.equal(client.server.unread(), 400);
  stream.receive.stop(0);
  assert.equal(client.server.unread(), 0);
  client.data(0, 1_000, new Uint8Array(50));
  assert.equal(client.server.unread(), 0);
  end(client);
});

Deno.test("whatever frames come, the session goes on or ends with an error of ours", async () => {
  const id = fc.nat({ max: 12 });
  const amount = fc.nat({ max: 2_000 });
  const frame = fc.oneof(
    fc.tuple(id, amount, fc.nat({ max: 40 }), fc.boolean()).map(([id, offset, length, fin]) =>
      joinBytes([streamHeader(id, offset % 50, { length, fin }), new Uint8Array(length)])
    ),
    fc.tuple(id, amount).map(([id, size]) => encodeFrame({ kind: "reset", id, code: 1, size })),
    id.map((id) => encodeFrame({ kind: "stop", id, code: 2 })),
    fc.tuple(id, amount).map(([id, limit]) => encodeFrame({ kind: "max_stream_data", id, limit })),
    amount.map((limit) => encodeFrame({ kind: "max_data", limit })),
    amount.map((limit) => encodeFrame({ kind: "max_streams_uni", limit })),
    amount.map((sequence) => encodeFrame({ kind: "ping", sequence })),
    fc.uint8Array({ maxLength: 12 }),
  );
  await checkProperty(fc.asyncProperty(fc.array(frame, { maxLength: 20 }), async (frames) => {
    const client = new Scripted("qmux-02", new ManualClock()).begin();
    const stream = await client.server.openUni();
    stream.write(new Uint8Array(5_000)).catch(() => {});
    void client.server.acceptUni().then((one) => one?.read(new Uint8Array(9)).catch(() => {}));
    for (const bytes of frames) client.send(bytes);
    await turns();
    end(client);
    const { by, code, reason } = await client.server.closed;
    if (by === "peer") return;
    assert(Object.values<number>(QmuxCode).includes(code), `${code}: ${reason}`);
    assert.notEqual(code, QmuxCode.internalError, reason);
  }));
});

/** Ends a session whose test is over. */
function end(client: Scripted): void {
  client.send(encodeFrame({ kind: "application_close", code: 0, reason: "" }));
  client.line.end();
}

function finish(...ends: readonly QmuxEnd[]): void {
  for (const { connection, channel } of ends) {
    connection.close(0, "");
    channel.destroy();
  }
}

function dataFrames({ channel }: QmuxEnd): (Frame & { readonly kind: "stream" })[] {
  return channel.sent.flatMap((record) => [...framesOf(record)])
    .filter((frame) => frame.kind === "stream");
}

async function readToEnd({ connection }: QmuxEnd): Promise<void> {
  const stream = await connection.acceptUni();
  try {
    while (await stream?.read(new Uint8Array(65_536)) !== undefined);
  } catch {
    // The test is over.
  }
}
