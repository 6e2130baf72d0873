import { DecodeError, type Oddity } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  ALIAS,
  announcing,
  closedWith,
  frame,
  objects,
  sendSubgroup,
  SubgroupReader,
  subscribe,
} from "./script.ts";
import { referenceDraft } from "../support/reference_draft.ts";

const OF_MOQ_DEV = { setup: { implementation: "moq-lite-js" } } as const;
const SUBSCRIBE_OK = 0x4n;
const GROUP_ORDER = 0x22n;
const UNKNOWN = 0x30n;

/** SUBSCRIBE of @moq/net 0.1.9, whose priority takes two bytes as an integer. */
const SUBSCRIBE_BODY = [0n, 1n, 4n, "live", 5n, "video", 2n, 0x20n, 155n, 1n, 1n, 2n] as const;

/** A publisher that agrees with one parameter more, and somebody who watches. */
async function agreeWith(world: SessionWorld, type: bigint, setup = {}) {
  const publisher = await announcing(world, "live", setup);
  const viewer = await world.connect();
  const downstream = await subscribe(viewer);
  const { request } = await publisher.expectRequest("subscribe");
  await request.outgoing.write(frame(SUBSCRIBE_OK, [ALIAS, 1n, type, 2n]));
  return { publisher, viewer, downstream };
}

Deno.test("a publisher of moq-dev's that says its group order in SUBSCRIBE_OK is watched", async () => {
  await using world = new SessionWorld();
  const { publisher, viewer, downstream } = await agreeWith(world, GROUP_ORDER, OF_MOQ_DEV);
  await downstream.expect("subscribeOk");
  await sendSubgroup(publisher, {}, ...objects(2));
  assert.deepEqual((await (await SubgroupReader.next(viewer)).rest()).ids, [0, 1]);
  assert.deepEqual(world.metrics.oddities, { misplaced: 1, form: 0 });
  assert.equal(world.lines.filter(({ text }) => /does not follow the draft/.test(text)).length, 1);
});

Deno.test("what moq-dev's clients write and nobody knows still ends the session", async () => {
  await using world = new SessionWorld();
  const { publisher } = await agreeWith(world, UNKNOWN, OF_MOQ_DEV);
  await closedWith(publisher, "protocol_violation", /0x30/);
});

Deno.test("who is not moq-dev's is held to the draft", async () => {
  await using world = new SessionWorld();
  const { publisher } = await agreeWith(world, GROUP_ORDER);
  await closedWith(publisher, "protocol_violation", /0x22/);
  assert.deepEqual(world.metrics.oddities, { misplaced: 0, form: 0 });
});

Deno.test("a player of moq-dev's that writes its priority as a long integer gets the track", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const viewer = await world.connect(OF_MOQ_DEV);
  await viewer.openRequest(frame(0x3n, SUBSCRIBE_BODY));
  await publisher.expectRequest("subscribe");
  assert.deepEqual(world.metrics.oddities, { misplaced: 0, form: 1 });
});

Deno.test("a control message with oddities is refused where none are asked for", () => {
  const body = frame(0x3n, SUBSCRIBE_BODY).subarray(3);
  assert.throws(() => referenceDraft.control.decode(0x3n, body), DecodeError);
  const oddities: Oddity[] = [];
  const message = referenceDraft.control.decode(0x3n, body, oddities);
  assert.ok(message.kind === "subscribe" && message.parameters.subscriberPriority === 155);
  assert.deepEqual(oddities, [{ kind: "form", parameter: "subscriberPriority" }]);
});
