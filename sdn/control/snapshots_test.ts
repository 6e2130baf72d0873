import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { Graph } from "../graph/mod.ts";
import { SHARED_SNAPSHOT_LENGTH, SHARED_SNAPSHOT_MS } from "./limits.ts";
import { type Snapshot, Snapshots } from "./snapshots.ts";

const PAGES = 3;

function snapshots(length: number) {
  const clock = new ManualClock();
  const state = { revision: 1, made: 0, pages: 0 };
  const policy = { kind: "static" } as const;
  const graph = new Graph([], { revision: 1, policy, oneWayLinks: true, now: 0 });
  const made = new Snapshots({
    clock,
    revision: () => state.revision,
    freshGraph: () => Promise.resolve(graph),
    graphText() {
      state.made++;
      return "x".repeat(length);
    },
    announces(after) {
      const number = Number(after?.track ?? 0);
      if (number === PAGES) return undefined;
      state.pages++;
      return { entries: [number], last: { relay: "r", track: `${number + 1}` } };
    },
  });
  return { clock, state, made };
}

/** Everything of a snapshot from a page on. */
function read(snapshot: Snapshot, from = 0): string[] {
  const texts: string[] = [];
  let after = from === 0 ? undefined : { relay: "r", track: `${from}` };
  for (let number = from;; number++) {
    const page = snapshot.page(number, after);
    if (page === undefined) return texts;
    texts.push(...page.events.map(({ data }) => data));
    after = page.last as { relay: string; track: string };
  }
}

const WHOLE = [0, 1, 2].map((number) => JSON.stringify({ entries: [number] }));

Deno.test("a snapshot is made once for all who begin at one revision, page by page as it is read", async () => {
  const { state, made } = snapshots(10);
  const one = await made.take();
  assert.equal(state.pages, 0);
  assert.deepEqual(read(one), WHOLE);
  const other = await made.take();
  assert.equal(other, one);
  assert.deepEqual(read(other), WHOLE);
  assert.deepEqual([state.made, state.pages], [1, PAGES]);
  state.revision++;
  assert.notEqual(await made.take(), one);
  made.close();
});

Deno.test("a large one is shared for a while although there are changes, and then kept no longer", async () => {
  const { clock, state, made } = snapshots(SHARED_SNAPSHOT_LENGTH + 1);
  const one = await made.take();
  state.revision++;
  assert.equal(await made.take(), one);
  const [first] = read(one);
  await clock.advance(SHARED_SNAPSHOT_MS);
  // Who read one page by then goes on with pages of its own.
  assert.deepEqual([first, ...read(one, 1)], WHOLE);
  assert.equal(state.pages, 2 * PAGES - 1);
  assert.notEqual(await made.take(), one);
  made.close();
  assert.equal(clock.pending, 0);
});
