import assert from "node:assert/strict";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { nameOf, NATIVE, put, streamInit } from "../../tests/support/worlds/track_model.ts";
import { ScriptedPublisher } from "../../tests/support/worlds/track_publishers.ts";
import type { SessionResult } from "../session/session.ts";
import { SubgroupWriter } from "../track/mod.ts";
import type { ClientModel } from "./client_model.ts";
import type { ClientSessionOptions } from "./client_session.ts";
import type { Failure } from "./command.ts";
import { KeptSession, type KeptSessionOptions } from "./kept_session.ts";
import {
  BESIDE_CONNECT_MS,
  HEALTHY_MS,
  RETIRE_MS,
  RETRY_FIRST_MS,
  RETRY_MOST_MS,
} from "./limits.ts";
import type { Target } from "./target.ts";

const CONNECT_MS = 60_000;

/** How often it is looked, in milliseconds. */
const LOOK_MS = 200;

const TARGET: Target = {
  url: "moqt://relay:4433",
  hostname: "relay",
  authority: "relay:4433",
  path: "/",
  token: undefined,
  protocols: ["moqt-18"],
  connectMs: CONNECT_MS,
  certificateHashes: [],
  authorities: [],
  asksForHash: false,
};

const NO_RELAY: Failure = { text: "nothing answers", code: 3 };

/** A session that ends when a test says so. */
class ScriptedSession {
  readonly publisher = new ScriptedPublisher("agree");
  readonly protocol = "moqt-18";
  readonly transport = "quic";
  readonly setUpMs = 1;
  readonly subscriptions = 0;
  isOver = false;
  isClosed = false;
  readonly #model: ClientModel;
  readonly #over = Promise.withResolvers<SessionResult>();

  constructor(model: ClientModel) {
    this.#model = model;
  }

  get over(): Promise<SessionResult> {
    return this.#over.promise;
  }

  receiving() {
    this.#model.scope.elsewhere = this.publisher;
    return this.#model.scope;
  }

  lose(): void {
    this.isOver = true;
    this.#over.resolve({ info: { code: 0, reason: "timed out", by: "lost" }, end: "lost" });
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.lose();
    return Promise.resolve();
  }
}

/** A relay that answers calls as a test says. */
class Relay {
  readonly clock = new ManualClock();
  /** When it was called, and for how long it might take. */
  readonly calls: { readonly at: number; readonly connectMs: number }[] = [];
  readonly sessions: ScriptedSession[] = [];
  readonly said: string[] = [];
  isThere = true;
  /** Whether it does not let it be published. */
  refuses = false;
  /** Answers what is called while it is set. */
  held: PromiseWithResolvers<void> | undefined;

  async open(options: Partial<KeptSessionOptions> = {}): Promise<KeptSession> {
    const opened = await KeptSession.open({
      target: TARGET,
      resolveTarget: () => Promise.resolve(TARGET),
      words: ["live/cam"],
      log: memoryLog().log,
      process: {
        clock: this.clock,
        stderr: { isTerminal: false, write: (text) => this.#say(text) },
      },
    }, {
      receives: false,
      retryMs: Infinity,
      ...options,
      open: (options) => this.#answer(options),
    });
    assert.ok(opened.ok);
    return opened.value;
  }

  get newest(): ScriptedSession {
    return this.sessions.at(-1)!;
  }

  /** Time passes in which objects come. */
  async flows(kept: KeptSession, milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      kept.came();
      await this.clock.advance(100);
    }
  }

  #say(text: string): void {
    this.said.push(text.trim());
  }

  async #answer(
    { target, model, announced }: ClientSessionOptions,
  ): Promise<Outcome<ScriptedSession, Failure>> {
    this.calls.push({ at: this.clock.now(), connectMs: target.connectMs });
    await this.held?.promise;
    if (!this.isThere) return refused(NO_RELAY);
    const session = new ScriptedSession(model!);
    this.sessions.push(session);
    if (this.refuses) announced?.({ kind: "unauthorized", reason: "not you" });
    return done(session);
  }
}

Deno.test("KeptSession calls a relay that it lost again and again, and less and less often", async () => {
  const relay = new Relay();
  const kept = await relay.open();
  await relay.clock.advance(HEALTHY_MS);
  relay.isThere = false;
  relay.newest.lose();
  await relay.clock.advance(60_000);
  assert.equal(kept.isAway(0), true);
  const [first, ...attempts] = relay.calls.map(({ at }) => at);
  assert.equal(first, 0);
  let [before, ceiling] = [HEALTHY_MS, RETRY_FIRST_MS];
  for (const at of attempts) {
    const wait = at - before;
    assert.ok(wait >= ceiling / 2 && wait <= ceiling + LOOK_MS, `${wait} ms, up to ${ceiling}`);
    [before, ceiling] = [at, Math.min(2 * ceiling, RETRY_MOST_MS)];
  }
  assert.ok(attempts.length > 60_000 / (RETRY_MOST_MS + LOOK_MS));
  relay.isThere = true;
  await relay.clock.advance(RETRY_MOST_MS + LOOK_MS);
  assert.equal(kept.session, relay.newest);
  assert.match(
    relay.said[0]!,
    /^The connection to relay:4433 was lost: timed out .*; calling again$/,
  );
  assert.match(relay.said[1]!, /^relay:4433 answers again, after 6\d/);
  assert.deepEqual([relay.said.length, relay.sessions.length], [2, 2]);
  assert.deepEqual([kept.isAway(60_000), kept.isAway(0)], [true, false]);
  await kept.close();
  await relay.clock.advance(LOOK_MS);
  assert.equal(relay.clock.pending, 0);
});

Deno.test("KeptSession gives up when its time is over, with why the last attempt failed", async () => {
  const relay = new Relay();
  const kept = await relay.open({ retryMs: 5_000 });
  await relay.clock.advance(HEALTHY_MS);
  relay.isThere = false;
  relay.newest.lose();
  let over: Failure | undefined;
  void kept.over.then((failure) => over = failure);
  await relay.clock.advance(5_000);
  assert.equal(over, undefined);
  await relay.clock.advance(LOOK_MS);
  assert.deepEqual(over, NO_RELAY);
  const { length } = relay.calls;
  await relay.clock.advance(60_000);
  assert.equal(relay.calls.length, length);
  await kept.close();
});

Deno.test("KeptSession gives up at once where it is not to come back", async () => {
  const relay = new Relay();
  const kept = await relay.open({ retryMs: 0 });
  relay.newest.lose();
  assert.equal((await kept.over).code, 3);
  await relay.clock.advance(60_000);
  assert.deepEqual([relay.calls.length, relay.said], [1, []]);
  await kept.close();
});

Deno.test("KeptSession gives up a relay that takes each session and loses it at once", async () => {
  const relay = new Relay();
  const kept = await relay.open({ retryMs: 5_000 });
  let isOver = false;
  void kept.over.then(() => isOver = true);
  await relay.clock.advance(HEALTHY_MS);
  for (let passed = 0; passed < 5_000 + RETRY_MOST_MS + LOOK_MS; passed += LOOK_MS) {
    relay.newest.lose();
    await relay.clock.advance(LOOK_MS);
  }
  assert.equal(isOver, true);
  await kept.close();
});

Deno.test("KeptSession moves what is received to the session that it won beside a silent one", async () => {
  const relay = new Relay();
  const kept = await relay.open({ receives: true });
  const { clock } = relay;
  const first = relay.newest;
  const name = nameOf("live", "cam", "video");
  const signal = new AbortController().signal;
  const opened = await kept.model.scope.open(name, { rendezvous: 0, forward: true, signal });
  assert.ok(opened.ok);
  await relay.flows(kept, 3_000);
  await clock.advance(1_500);
  assert.equal(relay.sessions.length, 2);
  assert.ok(relay.calls[1]!.connectMs <= BESIDE_CONNECT_MS);
  const second = relay.newest;
  assert.equal(kept.session, second);
  assert.deepEqual(relay.said, [
    "Nothing came from relay:4433 any more: it goes on with a new session",
  ]);
  // The same track, with what came before, and the other session until something comes by this one.
  assert.equal(second.publisher.last.target.track, opened.value.track);
  assert.equal(second.publisher.last.options.past, true);
  assert.equal(first.isClosed, false);
  put(new SubgroupWriter(opened.value.track, streamInit(), { clock, renderer: NATIVE }), 0);
  await clock.advance(LOOK_MS);
  assert.deepEqual([first.isClosed, second.isClosed], [true, false]);
  assert.equal(kept.isAway(0), false);
  opened.value.demand.release();
  await kept.close();
});

Deno.test("KeptSession ends the silent session after a while when nothing comes by the new one either", async () => {
  const relay = new Relay();
  const kept = await relay.open({ receives: true });
  await relay.flows(kept, 3_000);
  await relay.clock.advance(1_500 + RETIRE_MS);
  assert.deepEqual(relay.sessions.map(({ isClosed }) => isClosed), [true, false]);
  // It is the publisher that is quiet.
  await relay.clock.advance(60_000);
  assert.equal(relay.calls.length, 2);
  await kept.close();
});

Deno.test("KeptSession stays with a session by which something comes again before the next one is there", async () => {
  const relay = new Relay();
  const kept = await relay.open({ receives: true });
  await relay.flows(kept, 3_000);
  relay.held = Promise.withResolvers();
  await relay.clock.advance(1_500);
  assert.equal(relay.calls.length, 2);
  kept.came();
  relay.held.resolve();
  await relay.clock.advance(0);
  assert.equal(kept.session, relay.sessions[0]);
  assert.deepEqual(relay.sessions.map(({ isClosed }) => isClosed), [false, true]);
  assert.deepEqual(relay.said, []);
  await kept.close();
});

Deno.test("KeptSession calls no relay beside a session by which it publishes", async () => {
  const relay = new Relay();
  const kept = await relay.open();
  await relay.flows(kept, 3_000);
  await relay.clock.advance(60_000);
  assert.equal(relay.calls.length, 1);
  await kept.close();
});

Deno.test("KeptSession ends when it may not publish, and tries again when it might before", async () => {
  const never = new Relay();
  never.refuses = true;
  const refusedAtOnce = await never.open();
  assert.match((await refusedAtOnce.over).text, /does not let live\/cam be published: not you/);
  await refusedAtOnce.close();
  const relay = new Relay();
  const kept = await relay.open();
  await relay.clock.advance(HEALTHY_MS);
  relay.refuses = true;
  relay.newest.lose();
  await relay.clock.advance(10_000);
  assert.ok(relay.sessions.length > 2);
  relay.refuses = false;
  await relay.clock.advance(RETRY_MOST_MS + LOOK_MS);
  assert.equal(relay.newest.isClosed, false);
  assert.equal(kept.session, relay.newest);
  await kept.close();
});
