/** Nothing that an encoder sends ends more than its own connection: another one and its viewer lose nothing. */
import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { EncoderWorld } from "../support/encoders/encoder_world.ts";
import {
  audioBytes,
  audioConfigBytes,
  OTHER_AVCC,
  videoBytes,
  videoConfigBytes,
} from "../support/encoders/film_bytes.ts";
import { commandBytes, messageBytes, publishBytes } from "../support/encoders/rtmp_bytes.ts";
import { longer, SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";

const ROUNDS = 300;

Deno.test("fuzz: no encoder does more than end its own connection", async () => {
  await using world = new EncoderWorld();
  const canary = await world.publish("live", "canary");
  await canary.send(videoConfigBytes(), videoBytes(0, true));
  const viewer = await world.watch("live", "canary", "video");
  const random = new Random(SEED);
  let closed = 0;
  const rounds = longer(ROUNDS);
  for (let round = 0; round < rounds; round++) {
    const hostile = world.encoder();
    const bytes = scrambled(streamOf(random, `hostile${round % 5}`), random);
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + random.below(2_000);
      await hostile.send(bytes.subarray(at, end));
      at = end;
    }
    if (hostile.isClosed) closed++;
    await hostile.vanish();
    await hostile.ended;
    await canary.send(videoBytes((round + 1) * 10, round % 10 === 9));
  }
  const { encoders, unhandledErrors } = world.metrics;
  assert.equal(encoders.ended.internal_error, 0, `With seed ${SEED}`);
  assert.equal(unhandledErrors, 0);
  assert.deepEqual(world.said("error: an encoder's connection failed"), []);
  assert.ok(closed * 10 > rounds, `${closed} of ${rounds} were closed`);
  assert.ok(!canary.isClosed);
  assert.equal(viewer.objects.length, rounds + 1, "the viewer of another encoder has every frame");
});

/** A stream that an encoder might send, with packets that few do. */
function streamOf(random: Random, key: string): Uint8Array {
  const parts = [publishBytes("live", key), videoConfigBytes(), audioConfigBytes()];
  for (let count = random.below(20); count > 0; count--) {
    parts.push(
      random.pick([
        () => videoBytes(count * 10, random.below(3) === 0),
        () => audioBytes(count * 10),
        () => videoConfigBytes(OTHER_AVCC),
        () =>
          messageBytes({ type: random.pick([8, 9, 15, 18, 20, 22]), payload: random.bytes(300) }),
        () =>
          messageBytes({
            type: 9,
            payload: Uint8Array.of(0x80 | random.below(128), ...random.bytes(60)),
          }),
        () =>
          messageBytes({
            type: 8,
            payload: Uint8Array.of(0x90 | random.below(16), ...random.bytes(60)),
          }),
        () => commandBytes(random.pick(["publish", "connect", "play", "deleteStream"]), 1, null),
      ])(),
    );
  }
  return joinBytes(parts);
}

/** The same with bytes changed, behind the handshake mostly. */
function scrambled(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.percent(25)) return bytes;
  const start = random.percent(95) ? 3_073 : 0;
  return joinBytes([bytes.subarray(0, start), random.mutated(bytes.subarray(start))]);
}
