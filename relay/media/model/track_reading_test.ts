import assert from "node:assert/strict";
import { nameOf, put, World } from "../../../tests/support/worlds/track_model.ts";
import { ScriptedPublisher } from "../../../tests/support/worlds/track_publishers.ts";
import { Registry, type Scope, type SubgroupWriter } from "../../track/mod.ts";
import { TrackReading } from "./track_reading.ts";

/** A viewer of one track, and the sessions by which it comes, one after the other. */
class Viewer {
  readonly #world = new World();
  readonly #publisher = new ScriptedPublisher("agree");
  readonly #scope: Scope;
  readonly #reading: TrackReading;
  readonly #run: Promise<void>;
  /** The streams of the session. */
  #writers: SubgroupWriter[] = [];
  #seen: string[] = [];
  /** Whether there is no next session. */
  isOver = false;

  constructor() {
    const { clock, cache } = this.#world;
    const registry = new Registry({ clock, cache, linger: 0, maxTracks: 10 });
    const scope = this.#scope = registry.enter("");
    scope.elsewhere = this.#publisher;
    this.#reading = new TrackReading({
      scope,
      name: nameOf("live", "cam", "video"),
      patience: 0,
      goesOn: () => !this.isOver,
      clock,
      sink: {
        object: ({ group, id }) => void this.#seen.push(`${group}/${id}`),
        missed: () => void this.#seen.push("missed"),
        interrupted: () => void this.#seen.push("interrupted"),
        ended: () => void this.#seen.push("ended"),
      },
    });
    this.#run = this.#reading.run();
  }

  /** Objects of a group come, from one id to another, and more of it may. */
  async comes(group: bigint, from: number, to: number): Promise<SubgroupWriter> {
    await this.#world.clock.advance(0);
    const { track } = this.#publisher.last.target;
    const writer = this.#world.stream(track, { group, firstObject: from === 0 });
    this.#writers.push(writer);
    for (let id = from; id <= to; id++) put(writer, id);
    await this.#world.clock.advance(0);
    return writer;
  }

  /** A whole group comes. */
  async whole(group: bigint, to: number): Promise<void> {
    (await this.comes(group, 0, to)).finish();
    await this.#world.clock.advance(0);
  }

  /** The session is lost, with what was under way, and there is another one. */
  async lost(): Promise<void> {
    for (const writer of this.#writers.splice(0)) writer.abandon();
    if (this.isOver) this.#scope.elsewhere = undefined;
    this.#publisher.last.end("lost");
    await this.#world.clock.advance(0);
  }

  /** What was read since. */
  seen(): string[] {
    return this.#seen.splice(0);
  }

  async leaves(): Promise<void> {
    this.#reading.close();
    await this.#run;
  }
}

Deno.test("TrackReading reads on in the same group, at the object at which its session was lost", async () => {
  const viewer = new Viewer();
  await viewer.comes(5n, 0, 1);
  assert.deepEqual(viewer.seen(), ["5/0", "5/1"]);
  await viewer.lost();
  await viewer.comes(5n, 0, 3);
  assert.deepEqual(viewer.seen(), ["interrupted", "5/2", "5/3"]);
  await viewer.leaves();
});

Deno.test("TrackReading goes on with the first group behind the one at which it was lost, of which the rest is missed", async () => {
  const viewer = new Viewer();
  await viewer.comes(5n, 0, 1);
  await viewer.lost();
  await viewer.whole(7n, 1);
  await viewer.whole(8n, 0);
  assert.deepEqual(viewer.seen(), [
    ...["5/0", "5/1"],
    ...["interrupted", "missed"],
    ...["7/0", "7/1", "8/0"],
  ]);
  await viewer.leaves();
});

Deno.test("TrackReading misses nothing of whole groups between which its session was lost", async () => {
  const viewer = new Viewer();
  await viewer.whole(5n, 1);
  await viewer.lost();
  // It is the newest one still, and was read.
  await viewer.whole(5n, 1);
  assert.deepEqual(viewer.seen(), ["5/0", "5/1", "interrupted"]);
  await viewer.whole(6n, 1);
  assert.deepEqual(viewer.seen(), ["6/0", "6/1"]);
  await viewer.leaves();
});

Deno.test("TrackReading reads a track that begins anew from the start of its group", async () => {
  const viewer = new Viewer();
  await viewer.comes(5n, 0, 1);
  await viewer.lost();
  await viewer.comes(0n, 0, 1);
  assert.deepEqual(viewer.seen(), ["5/0", "5/1", "interrupted", "missed", "0/0", "0/1"]);
  await viewer.leaves();
});

Deno.test("TrackReading keeps its place when the next session is lost before anything comes", async () => {
  const viewer = new Viewer();
  await viewer.comes(5n, 0, 1);
  for (let times = 0; times < 3; times++) await viewer.lost();
  await viewer.comes(5n, 0, 2);
  assert.deepEqual(viewer.seen().slice(-2), ["interrupted", "5/2"]);
  await viewer.leaves();
});

Deno.test("TrackReading misses the rest of a group when nobody delivers the track any more", async () => {
  const viewer = new Viewer();
  await viewer.comes(5n, 0, 1);
  viewer.isOver = true;
  await viewer.lost();
  assert.deepEqual(viewer.seen(), ["5/0", "5/1", "missed", "ended"]);
  await viewer.leaves();
});
