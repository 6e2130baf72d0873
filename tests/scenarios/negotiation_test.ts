/** Clients that offered no protocol when they connected: what their first bytes ask for. */
import assert from "node:assert/strict";
import { type LogFields } from "@qumo/shared/runtime";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { RelayMetrics } from "../../relay/metrics.ts";
import { referenceDraft } from "../support/reference_draft.ts";
import { protocols } from "../../relay/session/negotiate.ts";
import { SessionServer } from "../../relay/session_server.ts";
import { loneHost } from "../support/worlds/lone_host.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { accept, announce, objects, sendSubgroup, subscribe } from "./script.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../support/transport/memory_connection.ts";
import { RecordedSpans } from "../support/worlds/recording_tracing.ts";
import { memoryLog } from "../support/worlds/memory_log.ts";

/** CLIENT_SETUP with moq-lite-02, moq-lite-01 and this draft of MoQT, as `@moq/net` says it. */
const clientSetup = (draft: string) =>
  `20 001a 03 c0000000ff0dad02 c0000000ff0dad01 c0000000ff0000${draft} 00`;

class World {
  readonly clock = new ManualClock();
  readonly metrics = new RelayMetrics();
  readonly spans = new RecordedSpans();
  readonly lines: readonly { text: string; fields: LogFields }[];
  readonly host: SessionServer;

  constructor(protocols = DEFAULTS.server.protocols) {
    const { clock, metrics } = this;
    const { log, lines } = memoryLog();
    this.lines = lines;
    this.host = loneHost({
      config: {
        ...DEFAULTS,
        server: { ...DEFAULTS.server, protocols },
        relay: { ...DEFAULTS.relay, solicit: false },
      },
      metrics,
      clock,
      log,
      tracing: this.spans.of("relay"),
    });
  }

  /** A connection without a protocol, as the client sees it. */
  call(protocol?: string): MemoryConnection {
    const [client, server] = memoryPair({ protocol });
    this.host.serve(server);
    return client;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await this.clock.advance(0);
  }
}

Deno.test("a client without a protocol that begins with SETUP gets a session", async () => {
  const world = new World();
  const publisher = await ScriptedPeer.connect(world.call());
  await publisher.theirSetup();
  const viewer = await ScriptedPeer.connect(world.call("moqt-18"));
  await announce(publisher, "live");
  const watching = await subscribe(viewer);
  await accept(publisher);
  await watching.expect("subscribeOk");
  await sendSubgroup(publisher, { group: 1n }, ...objects(3));
  assert.notEqual((await viewer.nextStream()).type, undefined);
  assert.equal(world.host.active, 2);
  await world.host.close();
});

Deno.test("SETUP may come byte by byte, and after the requests that it should precede", async () => {
  const world = new World();
  const client = world.call();
  const peer = await ScriptedPeer.connect(client, { setup: false });
  const watching = await subscribe(peer, { rendezvousTimeout: 0n });
  const control = await client.openUni();
  for (const byte of [0xaf, 0x00, 0x00, 0x00]) {
    await control.write(Uint8Array.of(byte));
    await world.settle();
  }
  await peer.theirSetup();
  await watching.expect("requestError");
  await world.host.close();
});

const REFUSED: readonly (readonly [title: string, kind: "uni" | "bidi", bytes: string, RegExp])[] =
  [
    [
      "CLIENT_SETUP with versions",
      "bidi",
      clientSetup("0d"),
      /^the client offered CLIENT_SETUP with moq-lite-02, moq-lite-01, moqt draft 13; this relay speaks moqt-/,
    ],
    ["CLIENT_SETUP without a list", "bidi", "20 0002 00 00", /CLIENT_SETUP with no list/],
    ["another message", "bidi", "21 00", /bidirectional stream that begins with 0x21/],
    ["another stream", "uni", "6f 00", /unidirectional stream of type 0x6f/],
  ];

Deno.test("a client without a protocol is answered in the draft that its list of versions names", async () => {
  const world = new World();
  const { send, receive } = await world.call().openBidi();
  await send.write(Uint8Array.fromHex(clientSetup("0e").replaceAll(" ", "")));
  const answer = (await receive.read(new Uint8Array(64)))!;
  assert.deepEqual(answer.subarray(0, 1), Uint8Array.of(0x21), "SERVER_SETUP");
  assert.equal(answer.subarray(3, 11).toHex(), "c0000000ff00000e");
  await world.host.close();
});

for (const [title, kind, bytes, reason] of REFUSED) {
  Deno.test(`a client without a protocol that begins with ${title} is told what is spoken`, async () => {
    const world = new World();
    const client = world.call();
    const send = kind === "uni" ? await client.openUni() : (await client.openBidi()).send;
    await send.write(Uint8Array.fromHex(bytes.replaceAll(" ", "")));
    const closed = await client.closed;
    assert.equal(closed.code, referenceDraft.sessionCodes.version_negotiation_failed);
    assert.match(closed.reason, reason);
    const [{ text, fields } = assert.fail("nothing was logged")] = world.lines;
    assert.equal(text, "info: connection refused");
    assert.deepEqual(fields, { peer: "memory:client", reason: closed.reason });
    assert.equal(world.metrics.handshakesRefused.protocol, 1);
    assert.equal(world.host.active, 0);
    await world.host.close();
  });
}

Deno.test("a client without a protocol that says nothing is closed in time", async () => {
  const world = new World();
  const client = world.call();
  await client.openUni();
  await world.settle();
  assert.equal(world.host.active, 1);
  await world.clock.advance(DEFAULTS.server.handshakeTimeoutMs);
  const { code, reason } = await client.closed;
  assert.equal(code, referenceDraft.sessionCodes.control_message_timeout);
  assert.match(reason, /^no protocol was offered and no SETUP came within 10000 ms$/);
  assert.equal(world.metrics.handshakesRefused.setup, 1);
  await world.settle();
  assert.equal(world.host.active, 0);
  await world.host.close();
});

Deno.test("a client without a protocol that leaves before it said anything leaves nothing", async () => {
  const world = new World();
  const client = world.call();
  client.close(0, "");
  await world.settle();
  assert.deepEqual([world.host.active, world.clock.pending, world.lines.length], [0, 0, 0]);
  const late = world.call();
  await world.settle();
  await world.host.drain(1000, undefined);
  assert.equal((await late.closed).reason, "the relay is going away");
  await world.host.close();
});

Deno.test("a client that tries again and again with what is not spoken is logged once a minute", async () => {
  const world = new World();
  const lines = async () => {
    const client = world.call();
    await (await client.openBidi()).send.write(Uint8Array.of(0x21, 0x00));
    await client.closed;
    return world.lines.length;
  };
  assert.deepEqual([await lines(), await lines(), await lines()], [1, 1, 1]);
  await world.clock.advance(60_000);
  assert.equal(await lines(), 2);
  assert.equal(world.metrics.handshakesRefused.protocol, 4);
  await world.host.close();
});

Deno.test("/status, metrics and spans name the dialect of each session", async () => {
  for (const protocol of protocols) {
    const world = new World();
    world.call(protocol);
    await world.settle();
    const { rows } = world.host.sessions({ offset: 0, limit: 1 });
    assert.deepEqual(rows.map((row) => row.protocol), [protocol]);
    assert.deepEqual(world.metrics.dialectSessions, { [protocol]: 1 });
    const [span] = world.spans.all;
    assert.equal(span?.attributes["network.protocol.name"], protocol);
    await world.host.close();
  }
});

Deno.test("a protocol that is not in the list is neither offered nor taken from a CLIENT_SETUP", async () => {
  const world = new World(["moqt-18"]);
  assert.deepEqual(world.host.protocols, ["moqt-18"]);
  const client = world.call();
  const versions = "20 000a 01 c0000000ff00000e 00";
  await (await client.openBidi()).send.write(Uint8Array.fromHex(versions.replaceAll(" ", "")));
  assert.match((await client.closed).reason, /moqt draft 14; this relay speaks moqt-18$/);
  await world.host.close();
});
