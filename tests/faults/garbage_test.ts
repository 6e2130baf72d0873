import { sleep, systemClock } from "@qumo/shared/runtime";
import {
  commonDraft,
  type ControlMessage,
  encodeSubgroupHeader,
  PADDING_DATAGRAM_TYPE,
  PADDING_STREAM_TYPE,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { SEED } from "../support/properties.ts";
import { subgroupHeader } from "../support/peers/scripted_objects.ts";
import { frame } from "../support/peers/scripted_requests.ts";
import { faultTest } from "../support/faults/case.ts";
import { Random } from "../support/random.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { bytesOf, type OutgoingStream } from "../support/peers/scripted_streams.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { referenceData, referenceDraft } from "../support/reference_draft.ts";

const CONNECTIONS = 1_000;
const AT_ONCE = 40;
/** How long a stream may be silent. */
const SILENT_MS = 5_000;

const { protocol_violation, key_value_formatting_error, invalid_request_id } =
  commonDraft.sessionCodes;

/** What a peer does after SETUP, and the code that its session must be closed with. */
interface Offence {
  readonly what: string;
  readonly code: number;
  do(peer: ScriptedPeer, control: OutgoingStream): Promise<unknown>;
}

const announcement = (requestId: bigint): ControlMessage => ({
  kind: "publishNamespace",
  requestId,
  namespace: namespaceOf("garbage"),
  parameters: {},
});
const encode = (message: ControlMessage) => referenceDraft.control.encode(message);

const OFFENCES: readonly Offence[] = [
  {
    what: "a stream of a type that there is not",
    code: protocol_violation,
    do: (peer) => peer.openStream(bytesOf(referenceDraft, 0x3fffn, new Uint8Array(9))),
  },
  {
    what: "a second control stream",
    code: protocol_violation,
    do: (peer) => peer.openControl(encode({ kind: "setup", options: {} })),
  },
  {
    what: "the end of the control stream",
    code: protocol_violation,
    do: (_, control) => control.finish(),
  },
  {
    what: "garbage on the control stream",
    code: protocol_violation,
    do: (_, control) => control.write(frame(0x7n, [new Uint8Array(20).fill(0xff)])),
  },
  {
    what: "a request on the control stream",
    code: protocol_violation,
    do: (_, control) => control.write(encode(announcement(0n))),
  },
  {
    what: "an unknown message on a request stream",
    code: protocol_violation,
    do: (peer) => peer.openRequest(frame(0x6fn, [new Uint8Array(5)])),
  },
  {
    what: "a message on a request stream that begins no request",
    code: protocol_violation,
    do: (peer) => peer.openRequest(encode({ kind: "goaway", uri: "", timeout: 0n, requestId: 1n })),
  },
  {
    what: "a request whose length is wrong",
    code: protocol_violation,
    do: (peer) => peer.openRequest(frame(0x6n, [0n, 1n, 1n, "a", 0n], -1)),
  },
  {
    what: "a request id of the wrong side",
    code: invalid_request_id,
    do: (peer) => peer.openRequest(encode(announcement(1n))),
  },
  {
    what: "a request id twice",
    code: invalid_request_id,
    do: async (peer) => {
      await peer.openRequest(encode(announcement(0n)));
      await peer.openRequest(encode(announcement(0n)));
    },
  },
  {
    what: "a subgroup that ends within its header",
    code: protocol_violation,
    do: async (peer) => {
      const header = encodeSubgroupHeader(subgroupHeader(), referenceData);
      await (await peer.openStream(header.slice(0, 2))).finish();
    },
  },
  {
    what: "a fetch's stream that ends within its header",
    code: protocol_violation,
    do: async (peer) => await (await peer.openStream(Uint8Array.of(0x05))).finish(),
  },
  {
    what: "a subgroup that ends within an object",
    code: protocol_violation,
    do: async (peer) => {
      await publishTrack(peer);
      const header = encodeSubgroupHeader(subgroupHeader(), referenceData);
      const stream = await peer.openStream(bytesOf(referenceDraft, header, 0n, 100n, "short"));
      await stream.finish();
    },
  },
  {
    what: "an object with a status that there is not",
    code: protocol_violation,
    do: async (peer) => {
      await publishTrack(peer);
      const header = encodeSubgroupHeader(subgroupHeader(), referenceData);
      await peer.openStream(bytesOf(referenceDraft, header, 0n, 0n, 0x77n));
    },
  },
  {
    what: "a datagram of a type that there is not",
    code: protocol_violation,
    do: (peer) => sendUntilClosed(peer, bytesOf(referenceDraft, 0x3fffn, new Uint8Array(9))),
  },
  {
    what: "a datagram that is cut off",
    code: protocol_violation,
    do: (peer) => sendUntilClosed(peer, Uint8Array.of(0x00, 0x01)),
  },
  {
    what: "track properties that are none",
    code: key_value_formatting_error,
    do: (peer) =>
      peer.openRequest(encode({
        kind: "publish",
        requestId: 0n,
        track: trackOf("garbage", "track"),
        alias: 7n,
        parameters: {},
        // Immutable properties, in which a value lacks its bytes.
        properties: bytesOf(referenceDraft, 0x0bn, 2n, 0x01n, 9n),
      })),
  },
];

faultTest("garbage after SETUP costs whoever sends it the session", async ({ relay, deadline }) => {
  for (const { what, code, do: offend } of OFFENCES) {
    const peer = await deadline.for("a connection", ScriptedPeer.dial(relay));
    await offend(peer, await peer.control.promise);
    const closed = await deadline.for(`the end after ${what}`, peer.closed);
    assert.equal(closed.code, code, `The code after ${what}`);
    peer.close();
  }
});

const STRAYS: readonly [string, (peer: ScriptedPeer) => Promise<unknown>][] = [
  ["padding", async (peer) => {
    await peer.openStream(bytesOf(referenceDraft, PADDING_STREAM_TYPE, new Uint8Array(50_000)));
    peer.sendDatagram(bytesOf(referenceDraft, PADDING_DATAGRAM_TYPE, new Uint8Array(99)));
  }],
  [
    "a fetch that nobody asked for",
    (peer) => peer.openStream(bytesOf(referenceDraft, 0x05n, 77n, "?".repeat(99))),
  ],
  ["a subgroup of a track that nobody named", async (peer) => {
    const header = encodeSubgroupHeader(subgroupHeader({ alias: 99n }), referenceData);
    for (let count = 0; count < 50; count++) await peer.openStream(header);
  }],
  ["datagrams of a track that nobody named", (peer) => {
    for (let count = 0; count < 500; count++) {
      peer.sendDatagram(bytesOf(referenceDraft, 0x00n, 99n, 1n, 1n, "\x80payload"));
    }
    return Promise.resolve();
  }],
  ["streams that say nothing", async (peer) => {
    for (let count = 0; count < 100; count++) await peer.openStream(new Uint8Array(0));
    // Of requests that are begun and not finished a session has fewer.
    for (let count = 0; count < 50; count++) await peer.openRequest(new Uint8Array(0));
  }],
  ["streams that say half of something", async (peer) => {
    for (let count = 0; count < 100; count++) await peer.openStream(Uint8Array.of(0xc0));
    for (let count = 0; count < 50; count++) await peer.openRequest(Uint8Array.of(0x06, 0x00));
  }],
];

faultTest("what is odd but allowed costs nothing", async ({ relay, deadline }) => {
  const peers: ScriptedPeer[] = [];
  for (const [what, send] of STRAYS) {
    const peer = await deadline.for("a connection", ScriptedPeer.dial(relay));
    peers.push(peer);
    await deadline.for(what, send(peer));
  }
  // As long as a stream may be silent, and longer.
  await assertAlive(relay, peers, 2 * SILENT_MS);
  for (const peer of peers) peer.close();
}, {
  config: {
    server: { idle_timeout_ms: 40_000, keep_alive_ms: 1_000, handshake_timeout_ms: SILENT_MS },
  },
});

faultTest("a thousand connections that talk garbage are gone as they came", async (context) => {
  const { relay, deadline } = context;
  const random = new Random(SEED);
  for (let begun = 0; begun < CONNECTIONS; begun += AT_ONCE) {
    const batch = Array.from(
      { length: AT_ONCE },
      (_, index) => talkGarbage(relay, random, index % 2 === 0 ? "moqt-18" : "h3"),
    );
    await deadline.for(`${begun + AT_ONCE} connections`, Promise.all(batch));
  }
});

/** Garbage on streams of both kinds and in datagrams, then a leave without waiting for anything. */
async function talkGarbage(relay: RelayProcess, random: Random, protocol: string): Promise<void> {
  const peer = await ScriptedPeer.dial(relay, { protocol, setup: false });
  try {
    const isPolite = protocol === "moqt-18" && random.percent(50);
    if (isPolite) await peer.openControl(encode({ kind: "setup", options: {} }));
    for (let count = 1 + random.below(4); count > 0; count--) {
      await peer.openStream(random.bytes(200));
      await peer.openRequest(random.bytes(200));
      peer.sendDatagram(random.bytes(200));
    }
  } catch {
    // The relay may have closed the connection already.
  }
  if (random.percent(70)) await Promise.race([peer.closed, sleep(systemClock, 150)]);
  peer.close();
}

/** Datagrams that come before SETUP was read are dropped, so one may not be enough. */
async function sendUntilClosed(peer: ScriptedPeer, datagram: Uint8Array): Promise<void> {
  let closed = false;
  void peer.closed.then(() => closed = true);
  while (!closed) {
    peer.sendDatagram(datagram);
    await sleep(systemClock, 20);
  }
}

async function publishTrack(peer: ScriptedPeer): Promise<void> {
  await peer.openRequest(encode({
    kind: "publish",
    requestId: 0n,
    track: trackOf("garbage", "track"),
    alias: subgroupHeader().alias,
    parameters: {},
    properties: new Uint8Array(0),
  }));
}

/** The sessions are there after this time, which passes on the network. */
async function assertAlive(
  relay: RelayProcess,
  peers: readonly ScriptedPeer[],
  milliseconds: number,
) {
  const ends = peers.map(({ closed }) => closed);
  const timeout = AbortSignal.timeout(milliseconds);
  const time = new Promise<"time">((resolve) => timeout.onabort = () => resolve("time"));
  assert.equal(await Promise.race([...ends, time]), "time", relay.log());
}
