import assert from "node:assert/strict";
import { type Connection, listen, TransportError } from "../../relay/transport/mod.ts";
import { makeCertificate } from "../support/certificate.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { relayTest } from "../support/relay_test_case.ts";
import { ScriptedPeer, trackOf } from "../support/scripted_peer.ts";
import { type AioquicConnection, connectAioquic } from "./aioquic.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("aioquic");

optionalTest(
  "aioquic sends bytes, FIN and RESET_STREAM",
  missing,
  () =>
    withPair(async (aioquic, relay) => {
      const whole = await aioquic.openUni();
      await whole.write(bytes("whole"));
      await whole.finish();
      const arrived = (await relay.acceptUni())!;
      assert.equal(text(await arrived.read(new Uint8Array(100))), "whole");
      assert.equal(await arrived.read(new Uint8Array(100)), undefined);
      const cut = await aioquic.openUni();
      await cut.write(bytes("cut"));
      const broken = (await relay.acceptUni())!;
      await broken.read(new Uint8Array(100));
      cut.reset(7);
      await assert.rejects(broken.read(new Uint8Array(100)), isError("reset", 7));
    }),
);

optionalTest(
  "aioquic sends STOP_SENDING, and hears of it",
  missing,
  () =>
    withPair(async (aioquic, relay) => {
      const sent = await relay.openUni();
      await sent.write(bytes("much"));
      const received = (await aioquic.acceptUni())!;
      assert.equal(text(await received.read(new Uint8Array(2))), "mu");
      assert.equal(text(await received.read(new Uint8Array(100))), "ch");
      received.stop(9);
      await assert.rejects(writeOn(sent), isError("stopped", 9));
      const unwanted = await aioquic.openBidi();
      await unwanted.send.write(bytes("?"));
      (await relay.acceptBidi())!.receive.stop(5);
      // Deno stops with 0, whatever it is told.
      assert.equal(await unwanted.send.stopped, 0);
      await assert.rejects(unwanted.send.write(bytes("!")), isError("stopped", 0));
    }),
);

optionalTest(
  "aioquic speaks on both halves of a stream, and in datagrams",
  missing,
  () =>
    withPair(async (aioquic, relay) => {
      const asked = await relay.openBidi();
      await asked.send.write(bytes("ask"));
      const request = (await aioquic.acceptBidi())!;
      assert.equal(text(await request.receive.read(new Uint8Array(100))), "ask");
      await request.send.write(bytes("answer"));
      await request.send.finish();
      assert.equal(text(await asked.receive.read(new Uint8Array(100))), "answer");
      aioquic.sendDatagram(bytes("small"));
      assert.equal(text(await relay.receiveDatagram()), "small");
      relay.sendDatagram(bytes("tiny"));
      assert.equal(text(await aioquic.receiveDatagram()), "tiny");
    }),
);

optionalTest("aioquic closes with a code, and hears one", missing, async () => {
  await withPair(async (aioquic, relay) => {
    aioquic.close(3, "enough");
    assert.deepEqual(await relay.closed, { code: 3, reason: "enough", by: "peer" });
  });
  await withPair(async (aioquic, relay) => {
    relay.close(4, "no more");
    assert.deepEqual(await aioquic.closed, { code: 4, reason: "no more", by: "peer" });
    assert.equal(await aioquic.acceptUni(), undefined);
  });
});

relayTest("aioquic is a peer of the relay like any other", async ({ relay, deadline }) => {
  await using connection = await connectAioquic(relay);
  await using peer = await ScriptedPeer.connect(connection);
  const setup = await deadline.for("SETUP", peer.theirSetup());
  assert.match(setup.implementation ?? "", /^qumo-relay/);
  const request = await peer.request({
    kind: "subscribe",
    track: trackOf("nobody", "nothing"),
    parameters: {},
  });
  await deadline.for("the refusal", request.expect("requestError"));
}, { missing });

async function withPair(
  test: (aioquic: AioquicConnection, relay: Connection) => Promise<void>,
): Promise<void> {
  using deadline = new Deadline();
  const certificate = await makeCertificate();
  const address = { hostname: "127.0.0.1", port: 0 };
  const speech = { protocols: ["moqt-18"], allowOrigin: () => true };
  const listener = listen({ ...address, certificate, ...speech });
  try {
    await using aioquic = await connectAioquic(listener.address);
    const relay = await listener.accept();
    await deadline.for("what the peers say to each other", test(aioquic, relay!));
  } finally {
    listener.close(0, "");
  }
}

/** Writes until it fails: a stop shows at some write after it has come. */
async function writeOn(stream: { write(bytes: Uint8Array): Promise<void> }): Promise<never> {
  for (;;) await stream.write(bytes("more"));
}

function isError(kind: TransportError["kind"], code: number) {
  return (error: unknown) =>
    error instanceof TransportError && error.kind === kind && error.code === code;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
