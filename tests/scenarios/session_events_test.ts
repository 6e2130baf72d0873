import { drafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { accept, announce, announcing, subscribe, VIDEO } from "./script.ts";

/** The fields of the lines that say this, but for the session's number. */
function said(world: SessionWorld, message: string): Record<string, unknown>[] {
  return world.lines.filter(({ text }) => text === `info: ${message}`).map(({ fields }) => {
    const { session: _, ...rest } = fields;
    return rest;
  });
}

Deno.test("the log says which namespaces come and go, and at which path", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect({ setup: { path: "/roomA" } });
  const announcement = await announce(publisher, "room/alice.hang");
  const what = { namespace: "room/alice.hang", path: "/roomA" };
  assert.deepEqual(said(world, "namespace announced"), [what]);
  await announcement.finish();
  await world.settle();
  assert.deepEqual(said(world, "namespace withdrawn"), [what]);
});

Deno.test("a viewer on another path than the publisher is named with the path to go to", async () => {
  await using world = new SessionWorld();
  await announcing(world, "live", { setup: { path: "/roomA" } });
  const viewer = await world.connect({ setup: { path: "/anon" } });
  const watch = await viewer.request({
    kind: "subscribeNamespace",
    prefix: [],
    parameters: {},
  });
  await watch.expect("requestOk");
  const [watched] = said(world, "prefix watched");
  assert.deepEqual(watched, {
    request: "subscribe_namespace",
    prefix: "",
    path: "/anon",
    published_at_path: "/roomA",
  });
  const request = await subscribe(viewer);
  await request.expect("requestError");
  const [refused] = said(world, "request refused");
  assert.equal(refused?.["track"], "live/cam · video");
  assert.equal(refused?.["refusal"], "does_not_exist");
  assert.equal(refused?.["published_at_path"], "/roomA");
});

for (const draft of drafts) {
  Deno.test(`${draft.protocol}: a FETCH that is refused is logged with its track`, async () => {
    await using world = new SessionWorld();
    const viewer = await world.connect({ draft });
    const hasRange = draft.number < 20;
    const whole = { start: { group: 0n, object: 0n }, end: { group: 1n, object: 0n } };
    const request = await viewer.request({
      kind: "fetch",
      range: hasRange
        ? { type: "standalone", track: VIDEO, ...whole }
        : { type: "filtered", track: VIDEO },
      parameters: hasRange ? {} : { filter: { type: "recent_groups", groups: 1n } },
    });
    await request.expect("requestError");
    const [refused] = said(world, "request refused");
    assert.equal(refused?.["track"], "live/cam · video");
  });
}

Deno.test("a publisher that comes to another path than its viewer waits at is named with that path", async () => {
  await using world = new SessionWorld();
  const viewer = await world.connect({ setup: { path: "/anon" } });
  await subscribe(viewer, { rendezvousTimeout: 10_000n });
  await world.settle();
  assert.deepEqual(said(world, "subscription waits for a publisher"), [
    { track: "live/cam · video", path: "/anon" },
  ]);
  await announcing(world, "live", { setup: { path: "/roomA" } });
  assert.deepEqual(said(world, "namespace announced"), [
    { namespace: "live", path: "/roomA", awaited_at_path: "/anon" },
  ]);
});

Deno.test("the log says when a track gets its first subscriber and loses its last", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const [one, two] = [await world.connect(), await world.connect()];
  const what = { track: "live/cam · video", path: "/" };
  const first = await subscribe(one);
  await accept(publisher);
  await first.expect("subscribeOk");
  await (await subscribe(two)).expect("subscribeOk");
  assert.deepEqual(said(world, "first subscriber of a track"), [what]);
  one.close();
  await world.settle();
  assert.deepEqual(said(world, "last subscriber of a track left"), []);
  two.close();
  await world.settle();
  assert.deepEqual(said(world, "last subscriber of a track left"), [what]);
});

Deno.test("relays that look whether the other is there are no lines in its log, and counted as that", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const track = { namespace: namespaceOf(".session"), name: new TextEncoder().encode("ping") };
  const request = await peer.request({ kind: "trackStatus", track, parameters: {} });
  await request.expect("requestError");
  assert.deepEqual(said(world, "request refused"), []);
  const { track_status, link_probe } = world.metrics.requests;
  assert.deepEqual([track_status.does_not_exist, link_probe.ok], [0, 1]);
});
