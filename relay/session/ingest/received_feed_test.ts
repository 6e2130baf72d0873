import assert from "node:assert/strict";
import type { StreamErrorName } from "@qumo/shared/wire";
import type { ReceiveStream } from "../../transport/types.ts";
import { type FeedTarget, sourceOf, type TrackEnd } from "../../track/mod.ts";
import { referenceDraft } from "../../../tests/support/reference_draft.ts";
import { memoryLog } from "../../../tests/support/worlds/memory_log.ts";
import { World } from "../../../tests/support/worlds/track_model.ts";
import { Input } from "../input.ts";
import { SUBGROUPS_AT_ONCE } from "../limits.ts";
import { RelayMetrics } from "../../metrics.ts";
import { ReceivedFeed } from "./received_feed.ts";

/** A feed whose dialect says what it was told to, and its end. */
class SpokenFeed extends ReceivedFeed {
  readonly offered = false;
  readonly source = sourceOf("1");
  readonly said: string[] = [];

  override update(): void {}

  protected override withdraw(code: StreamErrorName): void {
    this.said.push(`withdrawn: ${code}`);
  }

  protected override left(): void {
    this.said.push("left");
  }

  protected override tellTrack(): void {
    this.said.push("told");
  }

  /** The publisher's PUBLISH_DONE, or what its dialect has for that. */
  done(streams: bigint): void {
    this.promise({ kind: "ended", reason: "done" }, streams);
  }

  attach(input: Input, group: bigint, tooMany?: string): boolean {
    return this.begin(input, group, tooMany);
  }
}

function feedOf() {
  const world = new World();
  const ends: TrackEnd[] = [];
  let quiet = 0;
  const feeds: FeedTarget["feeds"] = {
    ended: (_, end) => void ends.push(end),
    contradicted: () => "malformed",
    began: () => {},
    quiet: () => void quiet++,
    pathChanged: () => {},
    broken: () => {},
  };
  const { log, lines } = memoryLog();
  const metrics = new RelayMetrics();
  const { clock } = world;
  const feed = new SpokenFeed({ track: world.track(), feeds }, { clock, log, metrics });
  return { feed, clock, ends, metrics, lines, quiet: () => quiet };
}

/** A stream that sends nothing. */
function silentInput(): Input {
  const stream: ReceiveStream = { read: () => new Promise(() => {}), stop: () => {} };
  return new Input(stream, 64, { codes: referenceDraft.streamCodes });
}

Deno.test("ReceivedFeed waits after its publisher's last word for the streams that it counted", async () => {
  const { feed, clock, ends, quiet } = feedOf();
  const [first, second] = [silentInput(), silentInput()];
  feed.attach(first, 0n);
  feed.detach(first);
  feed.done(2n);
  await clock.advance(1_000);
  assert.deepEqual([ends, quiet()], [[], 1]);
  feed.attach(second, 1n);
  feed.detach(second);
  assert.deepEqual(ends, [{ kind: "ended", reason: "done" }]);
  assert.deepEqual([feed.said, feed.isOver, clock.pending], [["left"], true, 0]);
  await feed.ended;
});

Deno.test("ReceivedFeed that is lost ends as its publisher said, if it did", () => {
  const lost = feedOf();
  lost.feed.lose("the session ended");
  lost.feed.lose("again");
  assert.deepEqual(lost.ends, [{ kind: "lost", reason: "the session ended" }]);
  const ending = feedOf();
  ending.feed.done(5n);
  ending.feed.lose("the session ended");
  assert.deepEqual(ending.ends, [{ kind: "ended", reason: "done" }]);
});

Deno.test("ReceivedFeed gives up a publisher that begins too many streams, unless it may", () => {
  for (const tooMany of ["too many", undefined]) {
    const { feed, ends, metrics, lines } = feedOf();
    for (let group = 0n; group < SUBGROUPS_AT_ONCE; group++) {
      const input = silentInput();
      assert.equal(feed.attach(input, group, tooMany), true);
      feed.detach(input);
    }
    assert.equal(feed.attach(silentInput(), 0n, tooMany), tooMany === undefined);
    if (tooMany === undefined) continue;
    assert.deepEqual(ends, [{ kind: "excessive_load", reason: "too many" }]);
    assert.deepEqual(feed.said, ["withdrawn: excessive_load", "left"]);
    assert.equal(metrics.tracksGivenUp.subgroup_rate, 1);
    assert.deepEqual(lines.map(({ text }) => text), ["warn: track given up"]);
  }
});

Deno.test("ReceivedFeed that nobody wants any more says so to its publisher, and not to its track", async () => {
  const { feed, ends } = feedOf();
  feed.cancel();
  assert.deepEqual([feed.said, ends], [["withdrawn: cancelled", "left"], []]);
  assert.deepEqual((await feed.established).ok, false);
});
