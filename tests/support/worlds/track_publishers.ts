import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type Feed,
  type FeedChange,
  type FeedTarget,
  type PendingFetch,
  type Publisher,
  type Refusal,
  type RequestOptions,
  type Source,
  sourceOf,
  type TrackEnd,
  type TrackStatus,
} from "../../../relay/track/mod.ts";
import type { RefusalKind } from "../../../relay/vocabulary/mod.ts";

// Each is of a newer session than those before.
let lastSource = 0;

/** A feed whose answer a test decides. */
export class ScriptedFeed implements Feed {
  readonly publisher: ScriptedPublisher;
  readonly offered: boolean;
  target: FeedTarget;
  readonly source: Source;
  readonly options: RequestOptions;
  readonly established: Promise<Outcome<void, Refusal>>;
  readonly changes: FeedChange[] = [];
  isCancelled = false;
  isNeeded = true;
  declare readonly path?: readonly string[];
  readonly #answer: (outcome: Outcome<void, Refusal>) => void;

  constructor(
    publisher: ScriptedPublisher,
    target: FeedTarget,
    options: RequestOptions & { offered?: boolean } = {},
  ) {
    const { offered = false, ...rest } = options;
    this.publisher = publisher;
    this.source = sourceOf(`${++lastSource}`);
    this.target = target;
    this.offered = offered;
    this.options = rest;
    if (publisher.path !== undefined) this.path = publisher.path;
    const { promise, resolve } = Promise.withResolvers<Outcome<void, Refusal>>();
    this.established = promise;
    this.#answer = resolve;
  }

  get newGroupRequest(): bigint | undefined {
    return this.options.newGroupRequest;
  }

  agree(): void {
    this.#answer(done(undefined));
  }

  refuse(kind: RefusalKind = "does_not_exist"): void {
    this.#answer(refused({ kind, reason: kind }));
  }

  /** The publisher ends it, or is gone. */
  end(kind: TrackEnd["kind"] = "lost"): void {
    this.refuse();
    this.target.feeds.ended(this, { kind, reason: kind });
  }

  update(change: FeedChange): void {
    this.changes.push(change);
  }

  cancel(): void {
    this.isCancelled = true;
    this.refuse("timeout");
  }

  moveTo(target: FeedTarget): void {
    this.target = target;
  }

  setNeeded(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
  }
}

/** A publisher that remembers what it was asked. */
export class ScriptedPublisher implements Publisher {
  readonly label = "scripted";
  readonly feeds: ScriptedFeed[] = [];
  readonly #answer: "agree" | RefusalKind | undefined;

  /** Relays that its tracks come by; undefined when it is here. */
  readonly path: readonly string[] | undefined;

  /** What it answers at once; undefined: nothing. */
  constructor(answer?: "agree" | RefusalKind, path?: readonly string[]) {
    this.#answer = answer;
    this.path = path;
  }

  get last(): ScriptedFeed {
    return this.feeds.at(-1)!;
  }

  subscribe(target: FeedTarget, options: RequestOptions = {}): ScriptedFeed {
    const feed = new ScriptedFeed(this, target, options);
    this.feeds.push(feed);
    if (this.#answer === "agree") feed.agree();
    else if (this.#answer !== undefined) feed.refuse(this.#answer);
    return feed;
  }

  fetch(): PendingFetch {
    throw new Error("not part of these tests");
  }

  trackStatus(): Promise<Outcome<TrackStatus, Refusal>> {
    throw new Error("not part of these tests");
  }
}
