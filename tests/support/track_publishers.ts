import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type {
  Feed,
  FeedChange,
  PendingFetch,
  Publisher,
  Refusal,
  RefusalKind,
  TrackEnd,
  TrackEntry,
  TrackStatus,
} from "../../relay/track/mod.ts";

/** A feed whose answer a test decides. */
export class ScriptedFeed implements Feed {
  readonly publisher: Publisher;
  readonly offered: boolean;
  readonly entry: TrackEntry;
  readonly newGroupRequest: bigint | undefined;
  readonly established: Promise<Outcome<void, Refusal>>;
  readonly changes: FeedChange[] = [];
  isCancelled = false;
  readonly #answer: (outcome: Outcome<void, Refusal>) => void;

  constructor(
    publisher: Publisher,
    entry: TrackEntry,
    { offered = false, newGroupRequest }: { offered?: boolean; newGroupRequest?: bigint } = {},
  ) {
    this.publisher = publisher;
    this.entry = entry;
    this.offered = offered;
    this.newGroupRequest = newGroupRequest;
    const { promise, resolve } = Promise.withResolvers<Outcome<void, Refusal>>();
    this.established = promise;
    this.#answer = resolve;
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
    this.entry.feeds.ended(this, { kind, reason: kind });
  }

  update(change: FeedChange): void {
    this.changes.push(change);
  }

  cancel(): void {
    this.isCancelled = true;
    this.refuse("timeout");
  }
}

/** A publisher that remembers what it was asked. */
export class ScriptedPublisher implements Publisher {
  readonly feeds: ScriptedFeed[] = [];
  readonly #answer: "agree" | RefusalKind | undefined;

  /** What it answers at once; undefined: nothing. */
  constructor(answer?: "agree" | RefusalKind) {
    this.#answer = answer;
  }

  get last(): ScriptedFeed {
    return this.feeds.at(-1)!;
  }

  subscribe(entry: TrackEntry, newGroupRequest?: bigint): ScriptedFeed {
    const options = newGroupRequest === undefined ? {} : { newGroupRequest };
    const feed = new ScriptedFeed(this, entry, options);
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
