import assert from "node:assert/strict";
import { until } from "../../../tests/support/until.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../../tests/support/worlds/memory_log.ts";
import { readClaims } from "../claims.ts";
import {
  HOOK_FAILURES,
  HOOK_PAUSE_MS,
  HOOK_REFUSAL_MS,
  MAX_HOOK_ANSWERS,
  MAX_HOOK_REQUESTS,
  MAX_HOOK_WAITING,
  MAX_WAITING_PER_ADDRESS,
} from "../limits.ts";
import { Hook, type HookCounts } from "./hook.ts";
import type { Answer, Question } from "./hook_client.ts";

const PEER = { path: "/demo?jwt=opaque", remoteAddress: "192.0.2.1:5000", protocol: "moqt-20" };
const peerAt = (at: number) => ({ ...PEER, remoteAddress: `198.51.100.${at}:5000` });
const FAILED: Answer = { kind: "failed", reason: "the answer is 500", isOfQuestion: false };
const REFUSED: Answer = { kind: "refused" };

function allowed(claims: object = { get: "" }, lifetimeMs = 60_000): Answer {
  const read = readClaims(claims, { keyId: undefined });
  assert.ok(read.ok);
  return { kind: "allowed", allowed: { ...read.value, lifetimeMs } };
}

function worldOf(first: Answer) {
  const clock = new ManualClock();
  const { log, lines } = memoryLog();
  const counts: HookCounts = { allowed: 0, refused: 0, failed: 0, kept: 0, not_asked: 0 };
  const questions: Question[] = [];
  const world = {
    answer: first,
    held: Promise.resolve(),
    reply: (_: Question): Answer => world.answer,
  };
  const client = {
    async ask(question: Question) {
      questions.push(question);
      await world.held;
      return world.reply(question);
    },
  };
  const hook = new Hook({ client, clock, clockSkewMs: 0, log, counts });
  return Object.assign(world, { hook, clock, lines, counts, questions });
}

Deno.test("a question has the path without its query, and the address without its port", async () => {
  const world = worldOf(allowed());
  await world.hook.ask(PEER, "opaque");
  await world.hook.ask({ ...PEER, remoteAddress: "[2001:db8::1]:5000" });
  // As requests of HTTP have it.
  await world.hook.ask({ ...PEER, remoteAddress: "2001:db8::2" });
  const common = { path: "/demo", dialect: "moqt-20" };
  assert.deepEqual(world.questions, [
    { ...common, token: "opaque", remote_address: "192.0.2.1" },
    { ...common, remote_address: "2001:db8::1" },
    { ...common, remote_address: "2001:db8::2" },
  ]);
});

Deno.test("an answer counts for its question while it lasts, and for no other question", async () => {
  const world = worldOf(allowed({ get: "", exp: 30 }));
  const first = await world.hook.ask(PEER, "one");
  assert.ok(first.ok);
  assert.equal(first.value.until, 30_000);
  const same = await world.hook.ask({ ...PEER, remoteAddress: "192.0.2.1:6000" }, "one");
  assert.ok(same.ok && same.value === first.value);
  const others = [
    [PEER, "two"],
    [{ ...PEER, path: "/other" }, "one"],
    [{ ...PEER, remoteAddress: "192.0.2.2:5000" }, "one"],
    [{ ...PEER, protocol: "moq-lite-04" }, "one"],
    [PEER, undefined],
  ] as const;
  for (const [peer, token] of others) await world.hook.ask(peer, token);
  assert.equal(world.questions.length, 1 + others.length);
  await world.clock.advance(30_000);
  assert.equal((await world.hook.ask(PEER, "one")).ok, false);
  assert.equal(world.counts.kept, 1);
});

Deno.test("who asks the same at the same time shares one question", async () => {
  const world = worldOf(allowed());
  const asked = await Promise.all(Array.from({ length: 100 }, () => world.hook.ask(PEER, "t")));
  assert.ok(asked.every(({ ok }) => ok));
  assert.equal(world.questions.length, 1);
  assert.deepEqual([world.counts.allowed, world.counts.kept], [1, 99]);
});

Deno.test("a refusal counts for a while, and has a name in it and no token", async () => {
  const world = worldOf(REFUSED);
  for (let time = 0; time < 5; time++) {
    const { ok, refusal } = await world.hook.ask(PEER, "opaque") as { ok: false; refusal: never };
    assert.equal(ok, false);
    assert.match(JSON.stringify(refusal), /the hook refuses token [0-9a-f]{12}"/);
  }
  assert.equal(world.questions.length, 1);
  world.answer = allowed();
  await world.clock.advance(HOOK_REFUSAL_MS);
  assert.equal((await world.hook.ask(PEER, "opaque")).ok, true);
});

Deno.test("while the hook fails nobody comes in, it is left alone, and some questions try", async () => {
  const world = worldOf(FAILED);
  const ask = (at: number) => world.hook.ask(peerAt(at), `t${at}`);
  for (let at = 0; at < 50; at++) {
    const answer = await ask(at);
    assert.equal(!answer.ok && answer.refusal.kind, "unauthorized");
  }
  assert.equal(world.questions.length, HOOK_FAILURES);
  assert.equal(world.counts.not_asked, 50 - HOOK_FAILURES);
  await world.clock.advance(HOOK_PAUSE_MS);
  await Promise.all(Array.from({ length: 50 }, (_, at) => ask(50 + at)));
  assert.equal(world.questions.length, 2 * HOOK_FAILURES);
  world.answer = allowed();
  await world.clock.advance(HOOK_PAUSE_MS);
  assert.equal((await ask(100)).ok, true);
  assert.equal((await ask(101)).ok, true);
  const told = world.lines.map(({ text }) => text);
  assert.equal(told.filter((text) => text.startsWith("warn")).length, 1);
  assert.equal(told.filter((text) => text.includes("answers again")).length, 1);
});

Deno.test("a client whose tokens the hook fails with keeps out nobody else", async () => {
  const world = worldOf(allowed());
  // As a hook that has no answer to what is odd.
  world.reply = ({ token }) => token?.startsWith("odd") ? FAILED : allowed();
  for (let at = 0; at < 10 * HOOK_FAILURES; at++) {
    assert.equal((await world.hook.ask(PEER, "odd")).ok, false);
    assert.equal((await world.hook.ask(PEER, `odd${at}`)).ok, false);
  }
  assert.ok((await world.hook.ask(peerAt(2), "good")).ok);
  // Nor does it prolong what comes of a hook that failed with everything.
  world.reply = () => FAILED;
  for (let at = 0; at < HOOK_FAILURES; at++) await world.hook.ask(peerAt(at), `t${at}`);
  assert.equal(world.counts.not_asked, 0);
  world.reply = ({ token }) => token?.startsWith("odd") ? FAILED : allowed();
  await world.clock.advance(HOOK_PAUSE_MS);
  for (let at = 0; at < 100; at++) await world.hook.ask(PEER, `odd${at}`);
  assert.ok((await world.hook.ask(peerAt(3), "better")).ok);
});

Deno.test("a slow hook is asked a few things at once, and what waits beyond a number is refused", async () => {
  const world = worldOf(allowed());
  const { promise, resolve } = Promise.withResolvers<void>();
  world.held = promise;
  const room = MAX_HOOK_REQUESTS + MAX_HOOK_WAITING;
  const peerOf = (at: number) => ({ ...PEER, remoteAddress: `192.0.2.${at % 100}:5000` });
  const asked = Array.from({ length: room + 10 }, (_, at) => world.hook.ask(peerOf(at), `t${at}`));
  await until("what is too much to be refused", () => world.counts.not_asked === 10);
  assert.equal(world.questions.length, MAX_HOOK_REQUESTS);
  resolve();
  const answers = await Promise.all(asked);
  assert.equal(answers.filter(({ ok }) => !ok).length, 10);
  assert.equal(world.counts.not_asked, 10);
});

Deno.test("who asks about many tokens at once delays nobody else while the hook is slow", async () => {
  const world = worldOf(allowed());
  const { promise, resolve } = Promise.withResolvers<void>();
  world.held = promise;
  const many = Array.from({ length: 2_000 }, (_, at) => world.hook.ask(PEER, `t${at}`));
  const other = world.hook.ask({ ...PEER, remoteAddress: "192.0.2.2:5000" }, "other");
  resolve();
  assert.ok((await other).ok);
  await Promise.all(many);
  const place = world.questions.findIndex(({ token }) => token === "other");
  assert.ok(place <= MAX_HOOK_REQUESTS + 1, `asked as number ${place}`);
});

Deno.test("addresses of one network of IPv6 wait as one", async () => {
  const world = worldOf(allowed());
  const { promise, resolve } = Promise.withResolvers<void>();
  world.held = promise;
  const room = MAX_HOOK_REQUESTS + MAX_WAITING_PER_ADDRESS;
  const asked = Array.from({ length: room + 5 }, (_, at) => {
    const remoteAddress = `[2001:db8::${at.toString(16)}]:5000`;
    return world.hook.ask({ ...PEER, remoteAddress }, `t${at}`);
  });
  await until("what is too much to be refused", () => world.counts.not_asked === 5);
  resolve();
  await Promise.all(asked);
});

Deno.test("tokens that the hook has no proper answer to keep nobody else out", async () => {
  const world = worldOf({ kind: "failed", reason: "the answer is 404", isOfQuestion: true });
  for (let at = 0; at < 10 * HOOK_FAILURES; at++) {
    assert.equal((await world.hook.ask(PEER, `odd${at}`)).ok, false);
  }
  world.answer = allowed();
  assert.ok((await world.hook.ask(PEER, "good")).ok);
});

Deno.test("answers beyond a number push the oldest out", async () => {
  const world = worldOf(allowed());
  const ask = (at: number) => world.hook.ask(PEER, `t${at}`);
  for (let at = 0; at <= MAX_HOOK_ANSWERS; at++) await ask(at);
  const before = world.questions.length;
  await ask(MAX_HOOK_ANSWERS);
  assert.equal(world.questions.length, before);
  await ask(0);
  assert.equal(world.questions.length, before + 1);
});

Deno.test("what cannot be written as text is asked nobody", async () => {
  const world = worldOf(allowed());
  for (const token of ["", "a\nb", "\u0000", "é"]) {
    const answer = await world.hook.ask(PEER, token);
    assert.equal(!answer.ok && answer.refusal.kind, "malformed_auth_token");
  }
  assert.deepEqual(world.questions, []);
});

Deno.test("a policy of a hook is renewed, outlasts a failure, changes, and ends with a refusal", async () => {
  const world = worldOf(allowed({ get: "a" }));
  const first = await world.hook.ask(PEER, "t");
  assert.ok(first.ok);
  const policy = first.value;
  const renewal = policy.renewal!;
  assert.equal(renewal.at, 45_000);
  await world.clock.advance(45_000);
  world.answer = FAILED;
  await renewal.renew();
  assert.deepEqual([policy.until, renewal.at], [60_000, 46_000]);
  world.answer = allowed({ get: "b" });
  await Promise.all([renewal.renew(), renewal.renew()]);
  assert.deepEqual([policy.until, renewal.at, world.questions.length], [105_000, 90_000, 3]);
  assert.deepEqual(policy.rules.subscribe[0]!.fields[0]!.value, new TextEncoder().encode("b"));
  world.answer = REFUSED;
  await renewal.renew();
  assert.ok(policy.until < world.clock.wall());
  assert.match(renewal.refusal!.reason, /the hook refuses token/);
  assert.deepEqual(await world.hook.ask(PEER, "t"), { ok: false, refusal: renewal.refusal });
});
