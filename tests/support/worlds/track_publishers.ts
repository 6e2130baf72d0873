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
export type ScriptedFeed = ReturnType<typeof scriptedFeed>;

/** Begins a feed. */
export function scriptedFeed(
  publisher: ScriptedPublisher,
  target: FeedTarget,
  { offered = false, ...options }: RequestOptions & { offered?: boolean } = {},
) {
  const answer = Promise.withResolvers<Outcome<void, Refusal>>();
  const feed = {
    ...{ publisher, path: publisher.path, target, offered, options },
    source: sourceOf(`${++lastSource}`),
    established: answer.promise,
    changes: [] as FeedChange[],
    isCancelled: false,
    isNeeded: true,
    agree: () => answer.resolve(done(undefined)),
    refuse(kind: RefusalKind = "does_not_exist") {
      answer.resolve(refused({ kind, reason: kind }));
    },
    /** The publisher ends it, or is gone. */
    end(kind: TrackEnd["kind"] = "lost"): void {
      feed.refuse();
      feed.target.feeds.ended(feed, { kind, reason: kind });
    },
    update: (change) => void feed.changes.push(change),
    cancel() {
      feed.isCancelled = true;
      feed.refuse("timeout");
    },
    moveTo: (target) => void (feed.target = target),
    setNeeded: (isNeeded) => void (feed.isNeeded = isNeeded),
  } satisfies Feed & Record<string, unknown>;
  return feed;
}

function notAsked(): never {
  throw new Error("not part of these tests");
}

/** A publisher that remembers what it was asked. */
export class ScriptedPublisher implements Publisher {
  readonly label = "scripted";
  readonly feeds: ScriptedFeed[] = [];
  readonly fetch = notAsked;
  readonly trackStatus = notAsked;
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
    const feed = scriptedFeed(this, target, options);
    this.feeds.push(feed);
    if (this.#answer === "agree") feed.agree();
    else if (this.#answer !== undefined) feed.refuse(this.#answer);
    return feed;
  }
}
