import { NATIVE } from "../../../tests/support/worlds/track_model.ts";
import { done } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { namespaceOf, trackOf } from "../../../tests/support/peers/scripted_peer.ts";
import { MAX_FETCH_LAG_BYTES } from "../limits.ts";
import type { FetchAnswer, FetchedObject, FetchRequest, FetchSink } from "./publisher.ts";
import type { PastSource } from "./in_turn.ts";
import { SharedFetches } from "./shared_fetches.ts";

const REQUEST: FetchRequest = {
  name: trackOf("live", "video"),
  start: { group: 1n, object: 0n },
  end: { group: 1n, object: 99n },
  order: "ascending",
};

/** A source that answers nothing by itself. */
class Source implements PastSource {
  readonly fetches: { request: FetchRequest; sink: FetchSink; end: () => void }[] = [];
  cancelled = 0;

  fetch(request: FetchRequest, sink: FetchSink) {
    const finished = Promise.withResolvers<ReturnType<typeof done<void>>>();
    const end = () => finished.resolve(done(undefined));
    this.fetches.push({ request, sink, end });
    const answer: FetchAnswer = {
      end: request.end,
      endOfTrack: false,
      properties: undefined,
    };
    return {
      answer: Promise.resolve(done(answer)),
      finished: finished.promise,
      cancel: () => void this.cancelled++,
    };
  }

  trackStatus() {
    return Promise.resolve(done({ largest: undefined, properties: undefined }));
  }
}

/** A sink that takes objects as long as it is not told to wait. */
class Sink implements FetchSink {
  readonly ids: number[] = [];
  readonly unknown: bigint[] = [];
  #wait: Promise<void> | undefined;
  #goOn: () => void = () => {};

  block(): void {
    this.#wait = new Promise((resolve) => this.#goOn = resolve);
  }

  goOn(): void {
    this.#goOn();
    this.#wait = undefined;
  }

  async object({ object }: FetchedObject): Promise<void> {
    this.ids.push(object);
    await this.#wait;
  }

  unknownUpTo(_group: bigint, object: bigint): void {
    this.unknown.push(object);
  }
}

function object(id: number, bytes = 10): FetchedObject {
  const [properties, payload] = [new Uint8Array(0), new Uint8Array(bytes)];
  return {
    group: 1n,
    subgroup: 0n,
    object: id,
    priority: 128,
    properties,
    payload,
    renderer: NATIVE,
  };
}

Deno.test("SharedFetches makes one fetch of equal ones, and gives each what comes, in order", async () => {
  const source = new Source();
  let shared = 0;
  const fetches = new SharedFetches(() => shared++).of(source);
  const sinks = [new Sink(), new Sink(), new Sink()];
  const pending = sinks.map((sink) => fetches.fetch(REQUEST, sink));
  fetches.fetch({ ...REQUEST, via: ["tokyo"] }, new Sink());
  fetches.fetch({ ...REQUEST, name: { ...REQUEST.name, namespace: namespaceOf("x") } }, new Sink());
  assert.deepEqual([source.fetches.length, shared], [3, 2]);
  const [{ sink, end }] = source.fetches as [typeof source.fetches[number]];
  await sink.object(object(0));
  sink.unknownUpTo(1n, 3n);
  await sink.object(object(4));
  end();
  for (const { answer, finished } of pending) {
    assert.ok((await answer).ok);
    assert.ok((await finished).ok);
  }
  for (const { ids, unknown } of sinks) assert.deepEqual([ids, unknown], [[0, 4], [3n]]);
});

Deno.test("SharedFetches lets nobody join a fetch that has brought something, or is over", async () => {
  const source = new Source();
  const fetches = new SharedFetches(() => {}).of(source);
  fetches.fetch(REQUEST, new Sink());
  await source.fetches[0]!.sink.object(object(0));
  fetches.fetch(REQUEST, new Sink());
  source.fetches[1]!.end();
  await Promise.resolve();
  fetches.fetch(REQUEST, new Sink());
  assert.equal(source.fetches.length, 3);
});

Deno.test("a shared fetch waits for the fastest, and gives the rest anew to who is far behind", async () => {
  const source = new Source();
  const fetches = new SharedFetches(() => {}).of(source);
  const [fast, slow] = [new Sink(), new Sink()];
  slow.block();
  fetches.fetch(REQUEST, fast);
  const late = fetches.fetch(REQUEST, slow);
  const { sink } = source.fetches[0]!;
  const half = MAX_FETCH_LAG_BYTES / 2;
  for (const id of [0, 1, 2]) await sink.object(object(id, half));
  await sink.object(object(3, half));
  assert.deepEqual(fast.ids, [0, 1, 2, 3]);
  assert.deepEqual(slow.ids, [0]);
  slow.goOn();
  while (source.fetches.length < 2) await Promise.resolve();
  assert.deepEqual(slow.ids, [0, 1, 2]);
  assert.deepEqual(source.fetches[1]!.request.start, { group: 1n, object: 3n });
  await source.fetches[1]!.sink.object(object(3));
  source.fetches[1]!.end();
  assert.ok((await late.finished).ok);
  assert.deepEqual(slow.ids, [0, 1, 2, 3]);
});

Deno.test("a shared fetch holds up its source while nobody takes anything", async () => {
  const source = new Source();
  const fetches = new SharedFetches(() => {}).of(source);
  const sinks = [new Sink(), new Sink()];
  for (const sink of sinks) {
    sink.block();
    fetches.fetch(REQUEST, sink);
  }
  let isTaken = false;
  const taking = Promise.resolve(source.fetches[0]!.sink.object(object(0))).then(() => {
    isTaken = true;
  });
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assert.equal(isTaken, false);
  sinks[1]!.goOn();
  await taking;
});

Deno.test("a shared fetch is cancelled with the last who leaves", async () => {
  const source = new Source();
  const fetches = new SharedFetches(() => {}).of(source);
  const pending = [new Sink(), new Sink()].map((sink) => fetches.fetch(REQUEST, sink));
  pending[0]!.cancel();
  assert.equal((await pending[0]!.finished).ok, false);
  assert.equal(source.cancelled, 0);
  pending[1]!.cancel();
  assert.equal(source.cancelled, 1);
  // What came before the source heard of it holds it up no more.
  await source.fetches[0]!.sink.object(object(0));
});
