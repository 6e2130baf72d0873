import { sleep, systemClock } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { openSubgroup, SubgroupReader } from "../support/peers/scripted_objects.ts";
import { subscribe } from "../support/peers/scripted_requests.ts";
import { becomes } from "../support/until.ts";

const FLOOD = trackOf("flood", "track");
const ALIAS = 7n;
// With large objects 120 MB, several times what the relay may keep.
const FLOOD_GROUPS = 60;
const GOOD_SUBSCRIBERS = 9;

faultTest("a subscriber that never reads is skipped and ended, others get all", async (context) => {
  const { relay, deadline } = context;
  const publisher = await offer(relay, "flood", ALIAS);
  const good = await Promise.all(
    Array.from({ length: GOOD_SUBSCRIBERS }, () => watch(relay, FLOOD)),
  );
  const lazy = await ScriptedPeer.dial(relay, { maxUniStreams: 8 });
  await subscribe(lazy, {}, FLOOD);
  const groups = 100;
  for (let group = 0; group < groups; group++) {
    await sendGroup(publisher, group, 4, 64 * 1024);
    await Promise.all(good.map((peer) => deadline.for(`group ${group}`, readGroup(peer, 4))));
    // As a live track would: a lazy peer is ended by time, not by bytes alone.
    await sleep(systemClock, 20);
  }
  assert.ok(await counter(relay, "qumo_relay_subscriber_skips_total") > 0, "Nothing was skipped");
  await becomes(() => counter(relay, "qumo_relay_subscribers_too_far_behind_total"), 1);
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
    const publisher = await offer(relay, "flood", ALIAS);
    const subscriber = await watch(relay, FLOOD);
    const drained = subscriber.readStreams();
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
    const peer = await ScriptedPeer.dial(relay);
    const outcomes = new Map<string, number>();
    const count = 1_500;
    for (let sent = 0; sent < count; sent += 100) {
      const answers = Array.from({ length: 100 }, async (_, index) => {
        const request = await subscribe(peer, {}, trackOf("nowhere", `${sent + index}`));
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
  const peer = await ScriptedPeer.dial(relay);
  const limit = 200;
  let refused = 0;
  for (let index = 0; index < limit + 50; index++) {
    const request = await peer.request({
      kind: "publishNamespace",
      namespace: namespaceOf(`flood/${index}`),
      parameters: {},
    });
    const answer = await deadline.for("an answer", request.next());
    if (answer.kind !== "requestError") continue;
    assert.equal(answer.code, "excessive_load");
    refused++;
  }
  assert.equal(refused, 50);
  await becomes(() => counter(relay, "qumo_relay_broadcasts_active"), limit + 1);
  peer.close();
});

faultTest("subscribing and leaving at once, again and again, leaves nothing", async (context) => {
  const { relay, deadline } = context;
  const peer = await ScriptedPeer.dial(relay);
  for (let cycle = 0; cycle < 500; cycle++) {
    const request = await subscribe(peer, {}, trackOf("canary", "track"));
    if (cycle % 2 === 0) await deadline.for("an answer", request.next());
    request.incoming.stop("internal_error");
    await request.finish();
  }
  peer.close();
  await becomes(() => counter(relay, "qumo_relay_tracks_active"), 1);
});

async function watch(server: QuicServerAddress, track: FullTrackName): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.dial(server);
  await (await subscribe(peer, {}, track)).expect("subscribeOk");
  return peer;
}

async function sendGroup(publisher: ScriptedPeer, group: number, objects: number, bytes: number) {
  const header = { alias: ALIAS, group: BigInt(group), endOfGroup: true, firstObject: true };
  const subgroup = await openSubgroup(publisher, header);
  const payload = new Uint8Array(bytes).fill(group);
  for (let id = 0; id < objects; id++) await subgroup.send({ id, payload });
  await subgroup.finish();
}

/** The next group, which must be whole. */
async function readGroup(subscriber: ScriptedPeer, objects: number): Promise<void> {
  const { ids, end } = await (await SubgroupReader.next(subscriber)).rest();
  assert.deepEqual({ ids, end }, {
    ids: Array.from({ length: objects }, (_, id) => id),
    end: "fin",
  });
}
