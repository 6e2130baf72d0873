/** Encoders that come by RTMP, and what viewers of the tracks see of them. */
import assert from "node:assert/strict";
import {
  EncoderWorld,
  type EncoderWorldOptions,
  type ScriptedEncoder,
} from "../support/encoders/encoder_world.ts";
import {
  AAC,
  audioBytes,
  audioConfigBytes,
  AVCC,
  avcFrame,
  OTHER_AVCC,
  setsWithLengths,
  videoBytes,
  videoConfigBytes,
} from "../support/encoders/film_bytes.ts";
import { commandBytes, handshakeBytes, messageBytes } from "../support/encoders/rtmp_bytes.ts";
import { done, joinBytes } from "@qumo/shared/runtime";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { MAX_ENCODER_TRACKS } from "../../relay/media/ingest/limits.ts";
import { QUOTA_GRACE_MS } from "../../relay/access/limits.ts";
import type { Steering } from "../../relay/access/steering.ts";
import { RTMP_FAREWELL_MS } from "../../relay/media/rtmp/limits.ts";
import { type Gate, openGate } from "../../relay/session/rights.ts";
import type { Refusal } from "../../relay/track/mod.ts";
import { plainGate, steeringOf } from "../support/worlds/plain_tokens.ts";
import { namespaceOf } from "../support/worlds/track_model.ts";

const { idleTimeoutMs: IDLE_MS, reconnectMs: RECONNECT_MS } = DEFAULTS.ingest;
const { handshakeTimeoutMs: HANDSHAKE_MS } = DEFAULTS.server;
const ENDING = commandBytes("deleteStream", 5, null, 1);

/** Registers a test in a world of its own, of which nothing is left in the end. */
function encoderTest(
  name: string,
  test: (world: EncoderWorld) => Promise<void>,
  options: EncoderWorldOptions = {},
): void {
  Deno.test(name, async () => {
    await using world = new EncoderWorld(options);
    await test(world);
  });
}

/** An encoder that publishes `live` and this key, and has sent so many frames of video. */
async function filming(world: EncoderWorld, count: number, key = "cam"): Promise<ScriptedEncoder> {
  const encoder = await world.publish("live", key);
  await encoder.send(videoConfigBytes());
  await film(encoder, count);
  return encoder;
}

/** Sends so many frames of video, ten a second, each tenth a key frame. */
async function film(encoder: ScriptedEncoder, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index++) {
    await encoder.send(videoBytes(index * 100, index % 10 === 0));
  }
}

encoderTest("operators see what an encoder sends, and how fast", async (world) => {
  const views = () => [...world.ingests.encoders].map(({ view }) => view);
  assert.deepEqual(views(), []);
  const encoder = await world.publish();
  await encoder.send(videoConfigBytes(), audioConfigBytes());
  for (let second = 0; second < 8; second++) {
    // Quieter from the fourth second on.
    const frames = second < 3 ? 10 : 5;
    for (let index = 0; index < frames; index++) {
      await encoder.send(videoBytes(second * 1_000 + index * 100, index === 0));
    }
    await world.clock.advance(1_000);
  }
  const [view] = views();
  assert.ok(view !== undefined);
  const frame = view.bytesReceived / (3 * 10 + 5 * 5);
  assert.ok(frame > 0);
  // Of the last five seconds, not of all.
  assert.equal(view.bitsPerSecond, frame * 5 * 8);
  const { protocol, path, namespace, ageMs } = view;
  assert.deepEqual([protocol, path, namespace, ageMs], ["rtmp", "/", "live/cam", 8_000]);
  assert.match(view.codecs.join(" "), /^avc1\.\S+ mp4a\.40\.2$/);
  await world.clock.advance(5_000);
  assert.equal(views()[0]!.bitsPerSecond, 0);
});

encoderTest("what an encoder sends becomes groups that begin with key frames", async (world) => {
  const encoder = await world.publish();
  await encoder.send(videoConfigBytes(), audioConfigBytes(), videoBytes(0, true));
  const viewer = await world.watch("live", "cam", "video");
  await film(encoder, 14, 1);
  assert.deepEqual(viewer.groups, [10, 5]);
  assert.deepEqual(viewer.states, ["complete", "open"]);
  assert.deepEqual(
    viewer.times.slice(0, 12),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => n * 100),
  );
  assert.equal(world.metrics.encoders.begun.rtmp, 1);
  assert.equal(world.metrics.encoders.frames, 15, "qumo_relay_encoder_frames_total");
  assert.equal(world.ingests.size, 1, "qumo_relay_encoders_active");
  await encoder.send(ENDING);
  assert.deepEqual(viewer.end?.kind, "ended");
  assert.deepEqual(viewer.states, ["complete", "complete"]);
  assert.equal(world.metrics.encoders.ended.ended, 1);
});

encoderTest(
  "a viewer who joins gets the catalogs, and each group from its start",
  async (world) => {
    const encoder = await world.publish();
    await encoder.send(videoConfigBytes(), audioConfigBytes());
    await film(encoder, 5);
    const hang = await world.watch("live", "cam", "catalog.json");
    const described = hang.json as { video: { renditions: Record<string, unknown> } };
    assert.deepEqual(Object.keys(described.video.renditions), ["video"]);
    assert.match(JSON.stringify(described), new RegExp(`avc1.42c00a.*${AVCC.toHex()}`));
    assert.match(JSON.stringify(described), new RegExp(AAC.toHex()));
    const msf = await world.watch("live", "cam", "catalog");
    assert.match(JSON.stringify(msf.json), /"video.loc".*"loc"/);
    const loc = await world.watch("live", "cam", "video.loc");
    assert.deepEqual(loc.groups, [5]);
    assert.deepEqual([...loc.objects[0]!.subarray(0, 5)], [0, 0, 0, 11, 0x65]);
    await film(encoder, 1, 5);
    assert.deepEqual(loc.groups, [6]);
  },
);

encoderTest("audio begins a group with each of video, and each second without", async (world) => {
  const encoder = await world.publish();
  await encoder.send(audioConfigBytes(), videoConfigBytes());
  await encoder.send(audioBytes(0));
  const viewer = await world.watch("live", "cam", "audio");
  for (let time = 100; time < 1_500; time += 100) await encoder.send(audioBytes(time));
  assert.deepEqual(viewer.groups, [10, 5]);
  await encoder.send(videoBytes(1_500, true), audioBytes(1_500), audioBytes(1_600));
  assert.deepEqual(viewer.groups, [10, 5, 2]);
});

encoderTest(
  "an encoder with other parameters in the middle is told in the catalog",
  async (world) => {
    const encoder = await filming(world, 3);
    const catalog = await world.watch("live", "cam", "catalog.json");
    const viewer = await world.watch("live", "cam", "video");
    await encoder.send(videoConfigBytes(OTHER_AVCC), videoBytes(300, false), videoBytes(400, true));
    assert.match(JSON.stringify(catalog.json), /avc1.64000c.*"codedWidth":322/);
    assert.deepEqual(viewer.groups, [3, 1], "what builds on the old parameters is dropped");
    assert.equal(world.metrics.encoders.framesDropped.no_key_frame, 1);
    // The same once more is no news.
    await encoder.send(videoConfigBytes(OTHER_AVCC), videoBytes(500, false));
    assert.deepEqual([viewer.groups, catalog.groups], [[3, 2], [1, 1]]);
  },
);

encoderTest(
  "parameters that change in the bitstream are told in the catalog, with the key frame that has them",
  async (world) => {
    const encoder = await filming(world, 3);
    const catalog = await world.watch("live", "cam", "catalog.json");
    const viewer = await world.watch("live", "cam", "video");
    const inBand = (avcc: Uint8Array) => joinBytes([setsWithLengths(avcc), avcFrame(true)]);
    await encoder.send(videoBytes(300, true, inBand(AVCC)));
    assert.deepEqual([viewer.groups, catalog.groups], [[3, 1], [1]], "the same ones are no news");
    await encoder.send(videoBytes(400, true, inBand(OTHER_AVCC)), videoBytes(500, false));
    assert.match(JSON.stringify(catalog.json), /avc1.64000c.*"codedWidth":322/);
    assert.deepEqual([viewer.groups, catalog.groups], [[3, 1, 2], [1, 1]]);
  },
);

encoderTest(
  "an encoder that crashed and comes back is seen at once, and no viewer is sent away",
  async (world) => {
    const first = await filming(world, 12);
    const viewer = await world.watch("live", "cam", "video");
    await first.vanish();
    assert.equal(world.metrics.encoders.ended.lost, 1);
    await world.clock.advance(RECONNECT_MS - 1_000);
    assert.equal(viewer.end, undefined, "it may come back");
    await filming(world, 12);
    assert.deepEqual(viewer.groups, [2, 10, 2]);
    assert.ok(viewer.times.at(-1)! > 4_000, "its timestamps go on");
    assert.equal(viewer.end, undefined);
    await world.clock.advance(RECONNECT_MS);
    assert.equal(viewer.end, undefined, "what was kept for the first one is gone");
    assert.ok(world.scope.publishes(namespaceOf("live", "cam")));
  },
);

encoderTest(
  "an encoder that hangs is replaced by the one that comes instead of it",
  async (world) => {
    const first = await filming(world, 25);
    const viewer = await world.watch("live", "cam", "video");
    await world.clock.advance(500);
    const second = await filming(world, 3);
    assert.deepEqual(viewer.objects.length, 5 + 3);
    await film(first, 15, 25);
    await film(second, 3, 3);
    const own = viewer.groups.slice(1);
    assert.deepEqual(own, [6], "the older one's objects are not among them");
  },
);

encoderTest(
  "of two encoders with one key the newer is seen, and the other when that one leaves",
  async (world) => {
    const first = await filming(world, 11);
    await world.clock.advance(100);
    const second = await filming(world, 11);
    await film(first, 20, 11);
    assert.equal(first.isClosed, false, "it stands by");
    await second.send(ENDING);
    await film(first, 20, 31);
    const viewer = await world.watch("live", "cam", "video");
    await film(first, 10, 51);
    assert.ok(viewer.objects.length >= 10, String(viewer.groups));
    assert.equal(viewer.end, undefined);
  },
);

encoderTest(
  "an encoder is refused where the policy lets nobody replace a publisher",
  async (world) => {
    const first = await filming(world, 3);
    const second = await world.publish();
    assert.match(second.received, /NetStream.Publish.BadName/);
    assert.ok(second.isClosed && !first.isClosed);
    assert.equal(world.metrics.encoders.refused.name, 1);
    await first.vanish();
    const third = await world.publish();
    assert.equal(third.isClosed, false, "whoever is lost holds up nobody");
  },
  { policy: "refuse" },
);

encoderTest("an encoder that stalls is disconnected, and its viewers are told", async (world) => {
  const encoder = await filming(world, 3);
  const viewer = await world.watch("live", "cam", "video");
  await world.clock.advance(IDLE_MS + RECONNECT_MS);
  assert.equal(encoder.isClosed, true);
  assert.match(encoder.received, /no frame for 10 s/);
  assert.deepEqual([viewer.end?.kind, viewer.states], ["lost", ["incomplete"]]);
  assert.equal(world.metrics.encoders.ended.stalled, 1);
});

encoderTest("an encoder is let in by its token, and out when that is over", async (world) => {
  const stranger = await world.publish("live", "cam");
  assert.match(stranger.received, /no token was shown/);
  assert.equal(world.metrics.encoders.refused.unauthorized, 1);
  const encoder = await filming(world, 3, 'cam?jwt={"put":"live","jti":"good","exp":2}');
  await world.clock.advance(2_000);
  assert.equal(encoder.isClosed, true);
  assert.match(encoder.received, /token good has expired/);
  assert.equal(world.metrics.encoders.ended.unauthorized, 1);
  assert.equal(world.scope.publishes(namespaceOf("live", "cam")), false);
  const text = JSON.stringify(world.lines);
  assert.equal(text.includes("jwt="), false, "no token is logged");
}, { gate: (clock) => plainGate(clock) });

encoderTest("what no viewer can decode is dropped, counted and said once", async (world) => {
  const { framesDropped } = world.metrics.encoders;
  const encoder = await world.publish();
  await encoder.send(videoBytes(0, true), videoBytes(10, false));
  assert.equal(framesDropped.no_config, 2);
  await encoder.send(videoConfigBytes(), videoBytes(20, false));
  assert.equal(framesDropped.no_key_frame, 1);
  const torn = Uint8Array.of(0, 0, 9, 9, 0x65, 1, 2);
  await encoder.send(videoBytes(30, true), videoBytes(40, false, torn), videoBytes(50, false));
  assert.deepEqual([framesDropped.malformed, framesDropped.no_key_frame], [1, 2]);
  await encoder.send(videoBytes(60, true, new Uint8Array(0)));
  await encoder.send(videoConfigBytes(Uint8Array.of(1, 2, 3)));
  assert.equal(framesDropped.malformed, 3);
  await encoder.send(messageBytes({ type: 8, payload: Uint8Array.of(0x2f, 1, 2) }));
  assert.equal(framesDropped.codec, 1);
  assert.equal(encoder.isClosed, false);
  assert.equal(world.said("warn: frames of the encoder dropped").length, 3);
});

encoderTest("a frame above the limit is dropped, and the rest of its group", async (world) => {
  const encoder = await world.publish();
  await encoder.send(videoConfigBytes(), videoBytes(0, true), videoBytes(100, false, large(2_000)));
  const viewer = await world.watch("live", "cam", "video");
  await encoder.send(videoBytes(200, false), videoBytes(300, true));
  assert.deepEqual(viewer.groups, [1, 1]);
  assert.equal(world.metrics.encoders.framesDropped.too_large, 1);
}, { limits: { maxObjectBytes: 1_000 } });

/** A sound frame of this size. */
function large(size: number): Uint8Array {
  const frame = new Uint8Array(size);
  new DataView(frame.buffer).setUint32(0, size - 4);
  frame[4] = 0x41;
  return frame;
}

encoderTest("an encoder has so many tracks and no more", async (world) => {
  const encoder = await world.publish();
  for (let track = 0; track <= MAX_ENCODER_TRACKS; track++) {
    const head = Uint8Array.of(0x96, 0x00, 0x61, 0x76, 0x63, 0x31, track);
    const payload = Uint8Array.from([...head, ...AVCC]);
    await encoder.send(messageBytes({ type: 9, payload, chunks: 6 }));
  }
  assert.equal(world.metrics.encoders.framesDropped.too_many_tracks, 1);
});

encoderTest(
  "an encoder that sends too fast is read no faster, and loses nothing",
  async (world) => {
    const encoder = await world.publish();
    await encoder.send(videoConfigBytes());
    const frames = Array.from(
      { length: 100 },
      (_, at) => videoBytes(at * 10, at === 0, large4(at)),
    );
    await encoder.send(...frames);
    assert.ok(encoder.unread.length > 0, "the connection is full");
    assert.ok(world.metrics.encoders.limits.rate > 0);
    await world.clock.advance(20_000);
    assert.equal(encoder.unread.length, 0);
    assert.equal(world.metrics.encoders.frames, 100);
  },
  { ingest: { maxBytesPerSecond: 50_000, idleTimeoutMs: 60_000 } },
);

function large4(at: number): Uint8Array {
  const frame = large(5_000);
  frame[4] = at === 0 ? 0x65 : 0x41;
  return frame;
}

encoderTest("who does not publish in time, or speaks no RTMP, is closed", async (world) => {
  const { refused } = world.metrics.encoders;
  const slow = world.encoder();
  await slow.send(handshakeBytes().subarray(0, 100));
  const stranger = world.encoder();
  await stranger.send(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
  assert.deepEqual([stranger.isClosed, refused.malformed], [true, 1]);
  await world.clock.advance(HANDSHAKE_MS);
  assert.deepEqual([slow.isClosed, refused.timeout], [true, 1]);
  await Promise.all([slow.ended, stranger.ended]);
});

encoderTest(
  "an encoder that sends nonsense later is closed, and its viewers are told",
  async (world) => {
    const encoder = await filming(world, 3);
    await encoder.send(new Uint8Array(100).fill(0xff));
    assert.ok(encoder.isClosed);
    assert.equal(world.metrics.encoders.ended.malformed, 1);
  },
);

encoderTest("a failure of the relay's own ends one encoder, and is logged", async (world) => {
  const encoder = await world.publish();
  await encoder.vanish(new Error("a fault of ours"));
  assert.ok(encoder.isClosed);
  assert.equal(world.metrics.encoders.ended.internal_error, 1);
  assert.equal(world.said("error: an encoder's connection failed").length, 1);
  // No other error may be there in the end.
  world.lines.length = 0;
});

encoderTest("a key that names nothing, and one encoder too many, are refused", async (world) => {
  const { refused } = world.metrics.encoders;
  const nameless = await world.publish("", "");
  assert.ok(nameless.isClosed);
  const reserved = await world.publish(".session", "cam");
  assert.ok(reserved.isClosed);
  assert.equal(refused.name, 2);
  await world.publish("live", "one");
  const second = await world.publish("live", "two");
  assert.match(second.received, /more than 1 encoders/);
  assert.equal(refused.max_encoders, 1);
}, { ingest: { maxEncoders: 1 } });

encoderTest(
  "the encoders of a relay that drains are sent away, and no more are let in",
  async (world) => {
    const encoder = await filming(world, 3);
    world.ingests.close("the relay is going away");
    await world.clock.advance(0);
    assert.ok(encoder.isClosed);
    assert.equal(world.metrics.encoders.ended.drained, 1);
    const late = await world.publish();
    assert.ok(late.isClosed);
    assert.equal(world.metrics.encoders.refused.draining, 1);
  },
);

encoderTest(
  "an encoder that was lost is not taken for another with as long a name",
  async (world) => {
    const app = `live/${"x".repeat(300)}`;
    const lost = await world.publish(app, "one");
    await lost.send(videoConfigBytes(), videoBytes(0, true));
    const viewer = await world.watch(...app.split("/"), "one", "video");
    await lost.vanish();
    const other = await world.publish(app, "other");
    await other.send(videoConfigBytes(), videoBytes(0, true));
    await world.clock.advance(RECONNECT_MS - 1);
    assert.equal(viewer.end, undefined);
    await world.clock.advance(1);
    assert.notEqual(viewer.end, undefined);
  },
);

const slow = Promise.withResolvers<void>();
const slowGate: Gate = {
  async admit(peer) {
    await slow.promise;
    return await openGate.admit(peer);
  },
};
encoderTest(
  "encoders that come while others are let in are no more than allowed",
  async (world) => {
    const encoders = [await world.publish("live", "one"), await world.publish("live", "other")];
    slow.resolve();
    await world.clock.advance(0);
    assert.equal(world.ingests.size, 1);
    assert.equal(world.metrics.encoders.refused.max_encoders, 1);
    assert.deepEqual(encoders.map(({ isClosed }) => isClosed), [false, true]);
  },
  { gate: () => slowGate, ingest: { maxEncoders: 1 } },
);

encoderTest(
  "an encoder that reads nothing does not keep its connection when it stalls",
  async (world) => {
    const encoder = await world.publish();
    encoder.isStuck = true;
    await world.clock.advance(IDLE_MS);
    assert.equal(encoder.isClosed, false);
    await world.clock.advance(RTMP_FAREWELL_MS);
    assert.ok(encoder.isClosed);
    await encoder.ended;
  },
);

const endedAtOnce: Gate = {
  async admit(peer) {
    const all = await openGate.admit(peer);
    if (!all.ok) return all;
    const onLost = (lost: (refusal: Refusal) => void) =>
      lost({ kind: "expired_auth_token", reason: "the token has expired" });
    return done({ ...all.value, onLost });
  },
};
encoderTest(
  "an encoder whose token expires while it is let in loses its connection",
  async (world) => {
    const encoder = await world.publish();
    assert.ok(encoder.isClosed);
    assert.equal(world.ingests.size, 0);
  },
  { gate: () => endedAtOnce },
);

Deno.test("what an encoder sends counts for the tenant of its token, which has no more of it than it may", async () => {
  let steering: Steering;
  await using world = new EncoderWorld({
    gate: (clock) => plainGate(clock, { steering: steering = steeringOf(clock) }),
  });
  const key = (name: string) => `${name}?jwt={"put":"live","tenant":"acme","jti":"${name}"}`;
  const encoder = await world.publish("live", key("cam"));
  await encoder.send(videoConfigBytes(), audioConfigBytes());
  await film(encoder, 20);
  await world.clock.advance(1_000);
  const [usage] = steering!.usage;
  assert.equal(usage?.tenant, "acme");
  assert.deepEqual([usage.sessions, usage.tracks], [1, 2]);
  assert.equal(usage.ingress_bps, world.metrics.received.bytes * 8);
  const policy = { tenant: "acme", ingress_bps: 1 };
  steering!.change({ policies: [policy], revocations: [], unrevoked: [], unlimited: [] });
  const other = await world.publish("live", key("other"));
  assert.ok(other.isClosed);
  await film(encoder, 10, 20);
  for (let second = 0; second <= QUOTA_GRACE_MS / 1_000; second++) {
    await film(encoder, 1, 30 + second * 10);
    await world.clock.advance(1_000);
  }
  assert.ok(encoder.isClosed);
  steering!.close();
});

Deno.test("an encoder has no more tracks than its token says, and none with a token for no namespace", async () => {
  await using world = new EncoderWorld({ gate: (clock) => plainGate(clock) });
  const key = (name: string, limits: object) =>
    `${name}?jwt=${JSON.stringify({ put: "live", jti: name, limits })}`;
  const one = await world.publish("live", key("one", { published_tracks: 1 }));
  await one.send(videoConfigBytes(), audioConfigBytes(), videoBytes(0, true));
  assert.deepEqual([...world.ingests.encoders].map(({ view }) => view.codecs.length), [1]);
  assert.ok(world.metrics.encoders.framesDropped.too_many_tracks > 0);
  const none = await world.publish("live", key("none", { namespaces: 0 }));
  assert.ok(none.isClosed);
  assert.match(none.received, /allows no namespace/);
  assert.equal(world.ingests.size, 1);
});
