import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { EncoderWorld } from "../../../tests/support/encoders/encoder_world.ts";
import { publishBytes } from "../../../tests/support/encoders/rtmp_bytes.ts";
import { memoryLog } from "../../../tests/support/worlds/memory_log.ts";
import { MAX_RTMP_HANDSHAKES } from "./limits.ts";
import { RtmpListener } from "./listener.ts";

/** A listener on a free port of the loopback address. */
function listen(world: EncoderWorld): RtmpListener {
  const { metrics, ingests } = world;
  return new RtmpListener({ hostname: "127.0.0.1", port: 0 }, {
    ingests,
    maxMessageBytes: 100_000,
    maxBytesPerSecond: 1e9,
    handshakeTimeoutMs: 60_000,
    onLimit: (limit) => void metrics.encoders.limits[limit]++,
    clock: systemClock,
    log: memoryLog().log,
  });
}

/** Reads until the relay has said this, or closes the connection. */
async function readUntil(connection: Deno.Conn, text: string): Promise<boolean> {
  const buffer = new Uint8Array(4_096);
  for (let all = ""; !all.includes(text);) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return false;
    all += new TextDecoder("latin1").decode(buffer.subarray(0, length));
  }
  return true;
}

Deno.test("of too many connections that publish nothing the oldest is closed, and no encoder", async () => {
  const world = new EncoderWorld();
  const listener = listen(world);
  const connect = () => Deno.connect(listener.address);
  const encoder = await connect();
  await encoder.write(publishBytes("live", "cam"));
  assert.ok(await readUntil(encoder, "NetStream.Publish.Start"));
  const silent: Deno.Conn[] = [];
  for (let count = 0; count <= MAX_RTMP_HANDSHAKES; count++) silent.push(await connect());
  assert.equal(await readUntil(silent[0]!, "anything"), false);
  assert.equal(world.metrics.encoders.limits.connections, 1);
  const late = await connect();
  await late.write(publishBytes("live", "other"));
  assert.ok(await readUntil(late, "NetStream.Publish.Start"));
  assert.equal(world.ingests.size, 2);
  await listener.close();
  for (const connection of [encoder, late, ...silent]) connection.close();
  await world.close();
});
