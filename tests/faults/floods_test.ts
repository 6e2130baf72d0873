import { sleep, systemClock } from "@qumo/shared/runtime";
import { draft18, type FullTrackName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest, total } from "../support/faults/case.ts";
import { RawPeer } from "../support/faults/raw.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { namespace, trackName, WirePeer } from "../support/peers/wire_peer.ts";

const FLOOD = trackName(["flood"], "track");
const ALIAS = 7n;
// With large objects 120 MB, several times what the relay may keep.
const FLOOD_GROUPS = 60;
const GOOD_SUBSCRIBERS = 9;

faultTest("a subscriber that never reads is skipped and ended, others get all", async (context) => {
  const { relay, deadline } = context;
  const publisher = await offer(relay, namespace("flood"), ALIAS);
  const good = await Promise.all(
    Array.from({ length: GOOD_SUBSCRIBERS }, () => subscribe(relay, FLOOD)),
  );
  const lazy = await RawPeer.connect(relay);
  await lazy.setup();
  await lazy.bidi(subscribeMessage(0n, FLOOD));
  const groups = 100;
  for (let group = 0; group < groups; group++) {
    await sendGroup(publisher, group, 4, 64 * 1024);
    await Promise.all(good.map((peer) => deadline.for(`group ${group}`, readGroup(peer, 4))));
    // As a live track would: a lazy peer is ended by time, not by bytes alone.
    await sleep(systemClock, 20);
  }
  assert.ok(await total(relay, "qumo_relay_subscriber_skips_total") > 0, "Nothing was skipped");
  assert.equal(await counter(relay, "qumo_relay_subscribers_too_far_behind_total"), 1);
  lazy.close();
  publisher.close();
  for (const peer of good) peer.close();
}, {
  config: { delivery: { max_backlog_bytes: 2_097_152, stall_timeout_ms: 1_000 } },
});

for (
  const [what, objects, bytes] of [["small", 500, 100], ["large", 2, 1_000_000]] as const
) {
  faultTest(`a publisher that floods with ${what} objects floods nobody else`, async (context) => {
    const { relay, deadline } = context;
    const publisher = await offer(relay, namespace("flood"), ALIAS);
    const subscriber = await subscribe(relay, FLOOD);
    const drained = drain(subscriber);
    for (let group = 0; group < FLOOD_GROUPS; group++) {
      await deadline.for(`group ${group}`, sendGroup(publisher, group, objects, bytes));
    }
    publisher.close();
    subscriber.close();
    await drained;
    // Less than was sent, and more than the cache may hold and the allocator keeps of it.
  }, { growthMiB: 110 });
}

faultTest(
  "a flood of requests is answered to the last, or refused",
  async ({ relay, deadline }) => {
    const peer = await WirePeer.connect(relay);
    const outcomes = new Map<string, number>();
    const count = 1_500;
    for (let sent = 0; sent < count; sent += 100) {
      const answers = Array.from({ length: 100 }, async (_, index) => {
        const track = trackName(["nowhere"], `${sent + index}`);
        const requestId = peer.requestId();
        const request = await peer.request({ kind: "subscribe", requestId, track, parameters: {} });
        const { code } = await request.expect("requestError");
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
        await request.finish().catch(() => {});
      });
      await deadline.for(`${sent + 100} answers`, Promise.all(answers));
    }
    assert.deepEqual(outcomes, new Map([["does_not_exist", count]]));
    peer.close();
  },
);

faultTest("namespaces beyond the limit are refused, and those below stay", async (context) => {
  const { relay, deadline } = context;
  const peer = await WirePeer.connect(relay);
  const limit = 200;
  let refused = 0;
  for (let index = 0; index < limit + 50; index++) {
    const request = await peer.request({
      kind: "publishNamespace",
      requestId: peer.requestId(),
      namespace: namespace("flood", `${index}`),
      parameters: {},
    });
    const answer = await deadline.for("an answer", request.next());
    if (answer?.kind !== "requestError") continue;
    assert.equal(answer.code, "excessive_load");
    refused++;
  }
  assert.equal(refused, 50);
  assert.equal(await counter(relay, "qumo_relay_broadcasts_active"), limit + 1);
  peer.close();
});

faultTest("subscribing and leaving at once, again and again, leaves nothing", async (context) => {
  const { relay, deadline } = context;
  const peer = await WirePeer.connect(relay);
  for (let cycle = 0; cycle < 500; cycle++) {
    const request = await peer.request({
      kind: "subscribe",
      requestId: peer.requestId(),
      track: trackName(["canary"], "track"),
      parameters: {},
    });
    if (cycle % 2 === 0) await deadline.for("an answer", request.next());
    await request.cancel();
  }
  peer.close();
  assert.equal(await counter(relay, "qumo_relay_tracks_active"), 1);
});

async function subscribe(server: QuicServerAddress, track: FullTrackName): Promise<WirePeer> {
  const peer = await WirePeer.connect(server);
  const requestId = peer.requestId();
  const request = await peer.request({ kind: "subscribe", requestId, track, parameters: {} });
  await request.expect("subscribeOk");
  return peer;
}

function subscribeMessage(requestId: bigint, track: FullTrackName): Uint8Array {
  return draft18.control.encode({ kind: "subscribe", requestId, track, parameters: {} });
}

async function sendGroup(publisher: WirePeer, group: number, objects: number, bytes: number) {
  const subgroup = await publisher.openSubgroup({
    alias: ALIAS,
    group: BigInt(group),
    subgroup: 0n,
    priority: undefined,
    hasProperties: false,
    endOfGroup: true,
    firstObject: true,
  });
  const payload = new Uint8Array(bytes).fill(group);
  for (let object = 0; object < objects; object++) await subgroup.write({ object, payload });
  await subgroup.finish();
}

/** The next group, which must be whole. */
async function readGroup(subscriber: WirePeer, objects: number): Promise<void> {
  const stream = await subscriber.streams.next();
  assert.ok(stream?.kind === "subgroup", "The connection ended");
  await stream.ended;
  for (let object = 0; object < objects; object++) {
    assert.equal((await stream.objects.next())?.object, object);
  }
}

async function drain(subscriber: WirePeer): Promise<void> {
  for (;;) {
    const stream = await subscriber.streams.next();
    if (stream === undefined) return;
    if (stream.kind === "subgroup") { while (await stream.objects.next() !== undefined); }
  }
}
