import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import {
  type Connection,
  listen,
  openEndpoint,
  TransportError,
} from "../../relay/transport/mod.ts";
import { makeCertificate } from "../support/transport/certificate.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { type AioquicConnection, type AioquicOptions, connectAioquic } from "./aioquic.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("aioquic");

/** What aioquic can be: raw QUIC, and WebTransport by the names of its older and newer drafts. */
const KINDS: readonly AioquicOptions[] = [
  {},
  { webTransport: "webtransport" },
  { webTransport: "webtransport-h3" },
];

for (const options of KINDS) {
  const over = options.webTransport ?? "quic";

  pairTest(
    `aioquic sends bytes, FIN and RESET_STREAM (${over})`,
    options,
    async (aioquic, relay) => {
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
    },
  );

  pairTest(
    `aioquic sends STOP_SENDING, and hears of it (${over})`,
    options,
    async (aioquic, relay) => {
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
    },
  );

  pairTest(
    `aioquic speaks on both halves of a stream, and in datagrams (${over})`,
    options,
    async (aioquic, relay) => {
      const asked = await relay.openBidi();
      await asked.send.write(bytes("ask"));
      const request = (await aioquic.acceptBidi())!;
      assert.equal(text(await request.receive.read(new Uint8Array(100))), "ask");
      await request.send.write(bytes("answer"));
      await request.send.finish();
      assert.equal(text(await asked.receive.read(new Uint8Array(100))), "answer");
      const question = await aioquic.openBidi();
      await question.send.write(bytes("ask"));
      const heard = (await relay.acceptBidi())!;
      assert.equal(text(await heard.receive.read(new Uint8Array(100))), "ask");
      await heard.send.write(bytes("answer"));
      assert.equal(text(await question.receive.read(new Uint8Array(100))), "answer");
      aioquic.sendDatagram(bytes("small"));
      assert.equal(text(await relay.receiveDatagram()), "small");
      relay.sendDatagram(bytes("tiny"));
      assert.equal(text(await aioquic.receiveDatagram()), "tiny");
    },
  );

  pairTest(`aioquic closes with a code (${over})`, options, async (aioquic, relay) => {
    aioquic.close(3, "enough");
    assert.deepEqual(await relay.closed, { code: 3, reason: "enough", by: "peer" });
  });

  pairTest(`aioquic is closed with a code (${over})`, options, async (aioquic, relay) => {
    relay.close(4, "no more");
    assert.deepEqual(await aioquic.closed, { code: 4, reason: "no more", by: "peer" });
    assert.equal(await aioquic.acceptUni(), undefined);
  });

  relayTest(`aioquic is a peer of the relay like any other (${over})`, async (test) => {
    const { relay, deadline } = test;
    await using connection = await connectAioquic(relay, options);
    await using peer = await ScriptedPeer.connect(connection);
    const setup = await deadline.for("SETUP", peer.theirSetup());
    assert.match(setup.implementation ?? "", /^qumo-relay/);
    const request = await peer.request({
      kind: "subscribe",
      track: trackOf("nobody", "nothing"),
      parameters: {},
    });
    await deadline.for("the refusal", request.expect("requestError"));
    if (options.webTransport !== undefined) assertWebTransport(connection.settings);
  }, { missing });
}

/** The relay's settings say WebTransport by every name it had, one session at a time. */
function assertWebTransport(settings: AioquicConnection["settings"]): void {
  for (const name of ["2b603742", "c671706a", "14e9cd29", "2c7cf000"]) {
    assert.equal(settings[name], 1, `setting ${name}`);
  }
}

function pairTest(
  name: string,
  options: AioquicOptions,
  test: (aioquic: AioquicConnection, relay: Connection) => Promise<void>,
): void {
  optionalTest(name, missing, () => withPair(options, test));
}

async function withPair(
  options: AioquicOptions,
  test: (aioquic: AioquicConnection, relay: Connection) => Promise<void>,
): Promise<void> {
  using deadline = new Deadline();
  const certificate = await makeCertificate();
  const endpoint = openEndpoint("127.0.0.1", 0);
  const speech = { protocols: ["moqt-18"], allowOrigin: () => true };
  const listener = listen({ endpoint, certificate, ...speech });
  try {
    await using aioquic = await connectAioquic(listener.address, options);
    const relay = await listener.accept();
    await deadline.for("what the peers say to each other", test(aioquic, relay!));
  } finally {
    listener.close(0, "");
  }
}

/** Writes until it fails: a stop shows at some write after it has come. */
async function writeOn(stream: { write(bytes: Uint8Array): Promise<void> }): Promise<never> {
  for (;;) {
    await stream.write(bytes("more"));
    await sleep(systemClock, 10);
  }
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
