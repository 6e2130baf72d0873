import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type Feed,
  type FeedChange,
  type FeedTarget,
  type Publisher,
  type Refusal,
  type RequestOptions,
  sourceOf,
  type TrackEnd,
} from "../../../relay/track/mod.ts";
import type { RefusalKind } from "../../../relay/vocabulary/mod.ts";

// Each is of a newer session than those before.
let lastSource = 0;

/** A feed whose answer a test decides. */
export class ScriptedFeed implements Feed {
  readonly publisher: ScriptedPublisher;
  readonly path: readonly string[] | undefined;
  target: FeedTarget;
  readonly offered: boolean;
  readonly options: RequestOptions;
  readonly source = sourceOf(`${++lastSource}`);
  readonly changes: FeedChange[] = [];
  isCancelled = false;
  isNeeded = true;
  readonly #answer = Promise.withResolvers<Outcome<void, Refusal>>();
  readonly established = this.#answer.promise;

  constructor(
    publisher: ScriptedPublisher,
    target: FeedTarget,
    { offered = false, ...options }: RequestOptions & { offered?: boolean } = {},
  ) {
    this.publisher = publisher;
    this.path = publisher.path;
    this.target = target;
    this.offered = offered;
    this.options = options;
  }

  agree(): void {
    this.#answer.resolve(done(undefined));
  }

  refuse(kind: RefusalKind = "does_not_exist"): void {
    this.#answer.resolve(refused({ kind, reason: kind }));
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

  fetch(): never {
    throw new Error("not part of these tests");
  }

  trackStatus(): never {
    throw new Error("not part of these tests");
  }
}
