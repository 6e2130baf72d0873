import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { EncoderWorld } from "../../../tests/support/encoders/encoder_world.ts";
import { publishBytes } from "../../../tests/support/encoders/rtmp_bytes.ts";
import { until } from "../../../tests/support/until.ts";
import { memoryLog } from "../../../tests/support/worlds/memory_log.ts";
import { generateCertificate } from "../../transport/mod.ts";
import { MAX_RTMP_HANDSHAKES } from "./limits.ts";
import { RtmpListener, type RtmpListenerParts } from "./listener.ts";

/** A listener on a free port of the loopback address. */
function listen(world: EncoderWorld, parts: Partial<RtmpListenerParts> = {}): RtmpListener {
  const { metrics, ingests } = world;
  return new RtmpListener({ hostname: "127.0.0.1", port: 0 }, {
    ingests,
    maxMessageBytes: 100_000,
    maxBytesPerSecond: 1e9,
    handshakeTimeoutMs: 60_000,
    onLimit: (limit) => void metrics.encoders.limits[limit]++,
    clientOf: (hostname) => hostname,
    maxPerClient: () => 1_000,
    clock: systemClock,
    log: memoryLog().log,
    ...parts,
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
  await using world = new EncoderWorld();
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
});

/** Who comes from 127.0.0.2 and so on; Deno cannot choose its own address. */
function inOrder(...clients: readonly (string | undefined)[]): () => string | undefined {
  let at = 0;
  return () => clients[Math.min(at++, clients.length - 1)];
}

Deno.test("who opens many connections takes the places of nobody else", async () => {
  await using world = new EncoderWorld();
  const listener = listen(world, { clientOf: inOrder("slow", undefined, "flood") });
  const connect = () => Deno.connect(listener.address);
  const [slow, trusted] = [await connect(), await connect()];
  const silent: Deno.Conn[] = [];
  for (let count = 0; count < 3 * MAX_RTMP_HANDSHAKES; count++) silent.push(await connect());
  // All of the flood has been taken in when its oldest ones are closed.
  assert.equal(await readUntil(silent[2 * MAX_RTMP_HANDSHAKES]!, "anything"), false);
  for (const encoder of [slow, trusted]) {
    await encoder.write(publishBytes("live", encoder === slow ? "slow" : "trusted"));
    assert.ok(await readUntil(encoder, "NetStream.Publish.Start"));
  }
  await listener.close();
  for (const connection of [slow, trusted, ...silent]) connection.close();
});

Deno.test("one address has no more connections than it may, but for those that are trusted", async () => {
  await using world = new EncoderWorld();
  const clientOf = inOrder("one", "one", "one", "other", undefined);
  const listener = listen(world, { clientOf, maxPerClient: () => 2 });
  const connections: Deno.Conn[] = [];
  const isLetIn: boolean[] = [];
  for (let at = 0; at < 7; at++) {
    const connection = await Deno.connect(listener.address);
    connections.push(connection);
    await connection.write(publishBytes("live", `cam${at}`)).catch(() => {});
    isLetIn.push(await readUntil(connection, "NetStream.Publish.Start"));
  }
  assert.deepEqual(isLetIn, [true, true, false, true, true, true, true]);
  assert.equal(world.metrics.encoders.limits.connections, 1);
  await listener.close();
  for (const connection of connections) connection.close();
});

Deno.test("over TLS encoders see the certificate of now, and stay when it changes", async () => {
  await using world = new EncoderWorld();
  const [former, next] = [
    await generateCertificate(["127.0.0.1"]),
    await generateCertificate(["127.0.0.1"]),
  ];
  const listener = listen(world, { certificate: former });
  const publish = async (name: string, caCert: string) => {
    const connection = await Deno.connectTls({ ...listener.address, caCerts: [caCert] });
    try {
      await connection.write(publishBytes("live", name));
      assert.ok(await readUntil(connection, "NetStream.Publish.Start"), "it is let in");
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  };
  const early = await publish("early", former.certificate);
  listener.useCertificate(next);
  let late: Deno.Conn | undefined;
  // A connection amid the change may be reset: encoders try again.
  await until("the next certificate", async () => {
    late ??= await publish("late", next.certificate).catch(() => undefined);
    return late !== undefined;
  });
  await assert.rejects(publish("none", former.certificate), /certificate/);
  assert.equal(world.ingests.size, 2);
  await listener.close();
  for (const connection of [early, late!]) connection.close();
});

Deno.test("who speaks RTMP without TLS where there is TLS is refused, which the log says", async () => {
  await using world = new EncoderWorld();
  const certificate = await generateCertificate(["127.0.0.1"]);
  const listener = listen(world, { certificate });
  const connection = await Deno.connect(listener.address);
  await connection.write(publishBytes("live", "cam"));
  assert.equal(await readUntil(connection, "NetStream"), false);
  await listener.close();
  const [said] = world.said("warn: encoder refused") as [{ readonly reason: string }];
  assert.match(said.reason, /^The connection is no TLS: /);
  assert.equal(world.metrics.encoders.refused.malformed, 1);
  connection.close();
});
