import assert from "node:assert/strict";
import { ManualClock } from "../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";
import { Overflow, type RedirectTarget } from "./overflow.ts";
import type { PeerView, Session } from "./session/session.ts";

const CLIENT: PeerView = {
  relay: undefined,
  isOtherRelay: false,
  implementation: "player 2.1",
  path: "/",
  isAssigned: false,
};

function subject(
  { followers = ["player"], isMember = false }: {
    followers?: readonly string[];
    isMember?: boolean;
  } = {},
) {
  const clock = new ManualClock();
  const counts = { sent: 0, nowhere: 0, unassigned: 0, not_a_follower: 0 };
  const state = {
    fullness: 0.95,
    target: { url: "moqt://b:4434/", isSibling: true, cpu: 0.5 } as RedirectTarget | undefined,
    asked: 0,
  };
  const overflow = new Overflow({
    followers,
    isMember,
    fullness: () => state.fullness,
    target() {
      state.asked++;
      return Promise.resolve(state.target);
    },
    counts,
    clock,
    log: memoryLog().log,
  });
  /** Where a client was told to go. */
  const meet = async (
    peer: Partial<PeerView> = {},
    transport: "quic" | "webtransport" = "quic",
  ) => {
    const told: string[] = [];
    const session = {
      id: 1,
      connection: { transport, remoteAddress: "" },
      established: Promise.resolve({ peer: { ...CLIENT, ...peer } }),
      redirect: (uri: string) => void told.push(uri),
    };
    await overflow.meet(session as unknown as Session);
    return told;
  };
  return { clock, counts, state, meet };
}

Deno.test("a full relay sends a client that follows to another one, by its transport's scheme", async () => {
  const { counts, meet } = subject();
  assert.deepEqual(await meet(), ["moqt://b:4434/"]);
  assert.deepEqual(await meet({}, "webtransport"), ["https://b:4434/"]);
  assert.deepEqual(counts, { sent: 2, nowhere: 0, unassigned: 0, not_a_follower: 0 });
});

Deno.test("a relay with room, and one that knows no other, serve everybody", async () => {
  const { counts, state, meet } = subject();
  state.target = undefined;
  assert.deepEqual(await meet(), []);
  state.fullness = 0.89;
  assert.deepEqual(await meet(), []);
  assert.deepEqual(counts, { sent: 0, nowhere: 1, unassigned: 0, not_a_follower: 0 });
});

Deno.test("clients that are not known to follow are served, and other relays always", async () => {
  const { counts, meet } = subject();
  assert.deepEqual(await meet({ implementation: "aiomoqt" }), []);
  assert.deepEqual(await meet({ implementation: undefined }), []);
  assert.deepEqual(counts, { sent: 0, nowhere: 0, unassigned: 0, not_a_follower: 2 });
  const all = subject({ followers: ["*"] });
  assert.deepEqual(await all.meet({ implementation: undefined }), ["moqt://b:4434/"]);
  assert.deepEqual(await all.meet({ relay: "tokyo-2" }), []);
  assert.deepEqual(await all.meet({ isOtherRelay: true }), []);
  assert.equal(all.counts.not_a_follower, 0);
});

Deno.test("a crowd is told one answer of the controller, for a second", async () => {
  const { clock, state, meet } = subject();
  await clock.advance(5_000);
  for (let client = 0; client < 10; client++) await meet();
  assert.equal(state.asked, 1);
  state.target = { url: "moqt://c:4435/", isSibling: false, cpu: 0 };
  await clock.advance(1_000);
  assert.deepEqual([await meet(), state.asked], [["moqt://c:4435/"], 2]);
});

Deno.test("a member past 70 % sends those on that came without /assign, to a sibling with room", async () => {
  const { clock, counts, state, meet } = subject({ isMember: true });
  const at = async (fullness: number, target: Partial<RedirectTarget> = {}) => {
    Object.assign(state, { fullness, target: { ...state.target, ...target } });
    await clock.advance(1_000);
    return await meet();
  };
  await clock.advance(5_000);
  assert.deepEqual(await at(0.69), []);
  assert.deepEqual(await at(0.7), ["moqt://b:4434/"]);
  assert.deepEqual(await meet({ isAssigned: true }), [], "its track's viewers gather here");
  assert.deepEqual(await meet({ implementation: "aiomoqt" }), []);
  assert.deepEqual(await meet({ relay: "tokyo-2" }), []);
  assert.deepEqual(await at(0.89, { cpu: 0.7 }), [], "the sibling has no more room");
  assert.deepEqual(await at(0.89, { cpu: 0.1, isSibling: false }), [], "on another machine");
  assert.deepEqual(counts, { sent: 0, nowhere: 0, unassigned: 1, not_a_follower: 0 });
  await at(0.9);
  assert.deepEqual(await meet({ isAssigned: true }), ["moqt://b:4434/"], "full for everybody");
  const { sent, unassigned } = counts;
  assert.deepEqual([sent, unassigned], [2, 1]);

  const alone = subject();
  alone.state.fullness = 0.89;
  assert.deepEqual([await alone.meet(), alone.state.asked], [[], 0], "no member of a machine");
});
