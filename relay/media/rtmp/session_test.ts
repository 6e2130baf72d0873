import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import {
  commandBytes,
  handshakeBytes,
  messageBytes,
  publishBytes,
} from "../../../tests/support/encoders/rtmp_bytes.ts";
import { type AmfValue, readAmf } from "./amf.ts";
import { ChunkReader } from "./chunk_reader.ts";
import { RtmpError } from "./errors.ts";
import { type PublishRequest, type RtmpMedia, RtmpSession } from "./session.ts";

/** A session whose client is the test. */
function setUp(refusal?: string) {
  const answers = new ChunkReader();
  let skip = handshakeBytes().length;
  const said: AmfValue[][] = [];
  const media: RtmpMedia[] = [];
  const asked: PublishRequest[] = [];
  let ends = 0;
  const session = new RtmpSession(1_000_000, {
    send(bytes) {
      const skipped = Math.min(skip, bytes.length);
      skip -= skipped;
      for (const { type, payload } of answers.push(bytes.subarray(skipped))) {
        if (type === 20) said.push(readAmf(payload));
      }
    },
    publish(request) {
      asked.push(request);
      return Promise.resolve(refusal);
    },
    media: (one) => void media.push(one),
    ended: () => void ends++,
  });
  return { session, said, media, asked, ends: () => ends };
}

const codeOf = (values: AmfValue[] | undefined) =>
  (values?.find((value) => typeof value === "object" && value !== null && "code" in value) as
    | { code: string }
    | undefined)?.code;

Deno.test("a client publishes by RTMP: it is told so, and what it sends comes through", async () => {
  const { session, said, media, asked, ends } = setUp();
  const audio = messageBytes({ type: 8, payload: Uint8Array.of(0xaf, 1, 2), timestamp: 7 });
  await session.feed(publishBytes("live", "cam?jwt=a.b.c"));
  assert.deepEqual(asked, [{ app: "live", key: "cam?jwt=a.b.c" }]);
  assert.deepEqual(said.map(([name]) => name), ["_result", "_result", "onStatus"]);
  assert.equal(codeOf(said[0]), "NetConnection.Connect.Success");
  assert.equal(codeOf(said[2]), "NetStream.Publish.Start");
  await session.feed(audio);
  assert.deepEqual(media, [{ kind: "audio", timestamp: 7, payload: Uint8Array.of(0xaf, 1, 2) }]);
  await session.feed(commandBytes("deleteStream", 4, null, 1));
  assert.equal(ends(), 1);
});

Deno.test("a client that may not publish is told why, and nothing of it is taken", async () => {
  const { session, said, media } = setUp("token t1 has expired");
  await session.feed(publishBytes("live", "cam"));
  await session.feed(messageBytes({ type: 9, payload: Uint8Array.of(0x17, 0) }));
  assert.match(JSON.stringify(said.at(-1)), /NetStream.Publish.BadName.*token t1 has expired/);
  assert.deepEqual([media, session.isPublishing], [[], false]);
});

Deno.test("media before the client may publish is no media, and a key frame fits only afterwards", async () => {
  const { session, media } = setUp();
  const frame = messageBytes({ type: 9, payload: new Uint8Array(100_000) });
  await assert.rejects(
    session.feed(joinBytes([handshakeBytes(), frame])),
    RtmpError,
  );
  const other = setUp();
  await other.session.feed(publishBytes("live", "cam"));
  await other.session.feed(frame);
  assert.deepEqual([media.length, other.media.length], [0, 1]);
});

Deno.test("who does not begin like RTMP is refused at the first byte", async () => {
  const { session } = setUp();
  await assert.rejects(session.feed(new TextEncoder().encode("GET / HTTP/1.1")), RtmpError);
});

Deno.test("the parts of an aggregate are messages with times of their own", async () => {
  const { session, media } = setUp();
  await session.feed(publishBytes("live", "cam"));
  const part = (type: number, time: number, ...body: number[]) => [
    ...[type, 0, 0, body.length, 0, 0, time, 0, 0, 0, 0],
    ...body,
    ...[0, 0, 0, 11 + body.length],
  ];
  const payload = Uint8Array.from([...part(8, 10, 1, 2), ...part(9, 15, 3)]);
  await session.feed(messageBytes({ type: 22, payload, timestamp: 1_000 }));
  assert.deepEqual(
    media.map((one) => one.kind !== "metadata" && [one.kind, one.timestamp, one.payload.length]),
    [["audio", 1_000, 2], ["video", 1_005, 1]],
  );
});
