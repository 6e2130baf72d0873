import assert from "node:assert/strict";
import { Attempts, LOOK_EVERY_MS, MOST_ATTEMPTS, Redial } from "./files/redial.js";

/** A viewer that looks as often as it should, in time that passes when it is told to. */
class Viewer {
  readonly redial = new Redial();
  now = 5_000;
  /** When attempts began, in milliseconds since the last object. */
  attempts: number[] = [];
  #cameAt = 0;

  /** Lets time pass, with an object every so many milliseconds, or without. */
  pass(milliseconds: number, every = Infinity): this {
    const end = this.now + milliseconds;
    let [object, look] = [this.now + every, this.now + LOOK_EVERY_MS];
    while (Math.min(object, look) <= end) {
      this.now = Math.min(object, look);
      if (this.now === object) {
        this.came();
        object += every;
      } else {
        this.look();
        look += LOOK_EVERY_MS;
      }
    }
    this.now = end;
    return this;
  }

  came(): void {
    this.#cameAt = this.now;
    this.redial.came(this.now);
  }

  look(): void {
    if (this.redial.look(this.now)) this.attempts.push(this.now - this.#cameAt);
  }
}

for (const perSecond of [4, 30, 60]) {
  Deno.test(`Redial calls after a second without a track of ${perSecond} objects a second, and each second again`, () => {
    const viewer = new Viewer().pass(5_000, 1_000 / perSecond).pass(8_900);
    assert.equal(viewer.attempts.length, 8);
    const [first = 0] = viewer.attempts;
    assert.ok(first >= 1_000 && first <= 1_000 + LOOK_EVERY_MS, `${first}`);
    for (const [index, at] of viewer.attempts.entries()) assert.equal(at, first + index * 1_000);
  });
}

Deno.test("Redial calls once at most for a publisher that is quiet, and again when it was not meanwhile", () => {
  const viewer = new Viewer().pass(5_000, 100).pass(1_300);
  assert.equal(viewer.attempts.length, 1);
  // The attempt succeeds, and still nothing comes.
  viewer.redial.rest();
  viewer.pass(600_000);
  assert.equal(viewer.attempts.length, 1);
  viewer.pass(5_000, 100).pass(1_300);
  assert.equal(viewer.attempts.length, 2);
});

Deno.test("Redial begins no more attempts when the old session is alive again", () => {
  const viewer = new Viewer().pass(5_000, 100).pass(3_500);
  assert.equal(viewer.attempts.length, 3);
  viewer.pass(20_000, 100);
  assert.equal(viewer.attempts.length, 3);
});

Deno.test("Redial expects nothing of a track that is not steady, or has only begun", () => {
  assert.deepEqual(new Viewer().pass(60_000, 900).pass(60_000).attempts, []);
  assert.deepEqual(new Viewer().pass(1_500, 100).pass(60_000).attempts, []);
  assert.deepEqual(new Viewer().pass(60_000).attempts, []);
});

Deno.test("Redial does not take a machine that was busy for a silence", () => {
  const viewer = new Viewer().pass(5_000, 100);
  viewer.now += 30_000;
  viewer.look();
  assert.deepEqual(viewer.attempts, []);
  viewer.pass(5_000, 100);
  assert.deepEqual(viewer.attempts, []);
});

/** Attempts whose outcome the test decides. */
function setUp() {
  const dialed: (PromiseWithResolvers<string> & { readonly signal: AbortSignal })[] = [];
  const [won, failed, closed]: string[][] = [[], [], []];
  const attempts = new Attempts<string>({
    dial: (signal) => {
      const dial = { ...Promise.withResolvers<string>(), signal };
      dialed.push(dial);
      return dial.promise;
    },
    won: (session) => void won!.push(session),
    failed: (error) => void failed!.push(String(error)),
    close: (session) => void closed!.push(session),
  });
  const settled = () =>
    new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
  return { attempts, dialed, won, failed, closed, settled };
}

Deno.test("Attempts gives the oldest up for one more, and closes what comes of it", async () => {
  const { attempts, dialed, won, closed, settled } = setUp();
  for (let count = 0; count < MOST_ATTEMPTS + 1; count++) attempts.begin();
  assert.deepEqual(dialed.map(({ signal }) => signal.aborted), [true, false, false]);
  dialed[0]!.resolve("late");
  await settled();
  assert.deepEqual([won, closed], [[], ["late"]]);
});

Deno.test("Attempts takes the first session, and gives the others up", async () => {
  const { attempts, dialed, won, closed, settled } = setUp();
  attempts.begin();
  attempts.begin();
  dialed[1]!.resolve("second");
  await settled();
  assert.equal(dialed[0]!.signal.aborted, true);
  assert.equal(dialed[1]!.signal.aborted, false);
  dialed[0]!.resolve("first");
  await settled();
  assert.deepEqual([won, closed], [["second"], ["first"]]);
});

Deno.test("Attempts says of those that were not given up why they failed", async () => {
  const { attempts, dialed, won, failed, settled } = setUp();
  attempts.begin();
  dialed[0]!.reject("refused");
  await settled();
  assert.deepEqual(failed, ["refused"]);
  attempts.begin();
  attempts.abandon();
  dialed[1]!.reject("given up");
  await settled();
  assert.deepEqual([failed, won], [["refused"], []]);
});
