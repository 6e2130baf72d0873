import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import { type Interest, InterestTree } from "@qumo/shared/topology";
import { FollowedInterest } from "./followed_interest.ts";
import { INTEREST_MS, MAX_FOLLOWED, MAX_MISSES, SWEEP_MS } from "./limits.ts";

/** An interest in use. */
export interface Following {
  /**
   * Resolves when the mirror has what the interest is about, or it takes too long; undefined when
   * it has it, or there is nobody to ask.
   */
  readonly known: Promise<void> | undefined;
  /** It is no longer in use: it is followed for a while yet. */
  end(): void;
}

/** Who asks for announces says so here, in order to be told of them. */
export interface InterestTable {
  follow(interest: Interest): Following;
}

/** What became of first interests: what they count as. */
export type InterestCounts = {
  /** The controller told what there is. */
  told: number;
  /** It did not in time. */
  late: number;
  /** No controller was followed. */
  away: number;
  /** There were too many: all announces are followed. */
  widened: number;
};

/** A change to tell the controller. */
export interface InterestChange {
  readonly number: number;
  readonly add: readonly Interest[];
  readonly drop: readonly Interest[];
}

/** The dependencies of {@linkcode Interests}. */
export interface InterestsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Called when interests were dropped: the mirror may forget what no other is about. */
  readonly onDropped: () => void;
  /** Called when there are so few again that they can be told. */
  readonly onNarrow: () => void;
}

/**
 * The announces that sessions of this relay ask for, in place of all that there are. An interest
 * begins when somebody asks for the first time, also for what nobody has yet, and ends some minutes
 * after the last use. While all announces are followed they are kept all the same, for later.
 */
export class Interests implements InterestTable {
  readonly counts: InterestCounts = { told: 0, late: 0, away: 0, widened: 0 };
  readonly #options: InterestsOptions;
  readonly #entries = new Map<string, FollowedInterest>();
  readonly #tree = new InterestTree<FollowedInterest>();
  #follows: "all" | "interests" = "all";
  #isFollowed = false;
  #isWide = false;
  /** Changes in a row that came to a controller which does not have the stream. */
  #misses = 0;
  #drops = new Map<string, Interest>();
  #number = 0;
  #sweeping: Timer | undefined;
  #news = Promise.withResolvers<void>();

  constructor(options: InterestsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether the mirror has all announces, or those of the interests. */
  get follows(): "all" | "interests" {
    return this.#follows;
  }

  /** Whether there are too many interests to tell: all announces are to be followed. */
  get isWide(): boolean {
    return this.#isWide;
  }

  /** Whether an announce is one that the mirror is to have. */
  wants(text: string): boolean {
    return this.#follows === "all" || !this.#tree.of(text).next().done;
  }

  follow(interest: Interest): Following {
    const entry = this.#entries.get(keyOf(interest)) ?? this.#begin(interest);
    entry.holds++;
    let isOver = false;
    return {
      known: this.#known(entry),
      end: () => {
        if (isOver) return;
        isOver = true;
        entry.holds--;
        entry.usedAt = this.#options.clock.now();
        // Beyond the limit only what is in use is kept, which sessions have limits for.
        if (entry.holds === 0 && this.#entries.size > MAX_FOLLOWED) this.#remove(entry);
        this.#sweepLater();
      },
    };
  }

  /** The interests that a new stream begins with: all with a snapshot, else those that are known. */
  opening(isSnapshot: boolean): Interest[] {
    const said = [...this.#entries.values()].filter((one) => isSnapshot || one.isKnown);
    for (const one of this.#entries.values()) one.told = undefined;
    for (const one of said) one.told = 0;
    this.#drops.clear();
    return said.map(({ interest }) => interest);
  }

  /** A stream has begun, of all announces or of those that it was asked for. */
  begun(follows: "all" | "interests"): void {
    const isLess = this.#follows === "all" && follows === "interests";
    this.#follows = follows;
    // What came up since the stream was asked for was not said, and is not in what it tells.
    for (const one of this.#entries.values()) {
      if (follows === "interests" && one.told === undefined) one.isKnown = false;
    }
    if (isLess) this.#options.onDropped();
  }

  /** The stream has told what it began with. */
  ready(): void {
    this.#isFollowed = true;
    this.knows(0);
  }

  /** The stream has told what changes up to this one added. */
  knows(number: number): void {
    for (const one of this.#entries.values()) {
      const isTold = this.#follows === "all" || one.told !== undefined && one.told <= number;
      if (!isTold || one.isKnown) continue;
      one.isKnown = true;
      if (this.#follows === "interests") this.counts.told++;
      one.wake();
    }
    if (this.#changes().add.length > 0) this.#news.resolve();
  }

  /** The stream is lost: there is nobody to ask. */
  lost(): void {
    this.#isFollowed = false;
    for (const one of this.#entries.values()) one.wake();
  }

  /** What is to be told to the controller now; undefined when there is nothing. */
  take(): InterestChange | undefined {
    this.#news = Promise.withResolvers<void>();
    const { add, drop } = this.#changes();
    if (add.length + drop.length === 0) return undefined;
    const number = ++this.#number;
    for (const one of add) one.told = number;
    this.#drops.clear();
    return { number, add: add.map(({ interest }) => interest), drop };
  }

  /** Resolves when there may be something to tell. */
  changed(): Promise<void> {
    return this.#news.promise;
  }

  /** There are more than the controller or this relay keeps: all announces are followed. */
  widen(): void {
    if (this.#isWide) return;
    this.#isWide = true;
    this.counts.widened++;
    const reason = this.#misses < MAX_MISSES
      ? "too many namespaces are asked for"
      : "changes of what is followed reach another controller than the event stream";
    this.#options.log.warn(`${reason}: following all announces`, {
      interests: this.#entries.size,
    });
    this.#news.resolve();
    this.#sweepLater();
  }

  /** A change came to the controller that has the stream. */
  reached(): void {
    this.#misses = 0;
  }

  /**
   * A change came to another controller than the one that has the stream. Behind a load balancer that
   * goes on, so that all announces are followed from then on.
   */
  missed(): void {
    if (++this.#misses === MAX_MISSES) this.widen();
  }

  close(): void {
    this.#sweeping?.cancel();
    this.lost();
  }

  #narrow(): void {
    this.#isWide = false;
    this.#options.onNarrow();
  }

  #begin(interest: Interest): FollowedInterest {
    if (this.#entries.size >= MAX_FOLLOWED) this.#makeRoom();
    const { clock } = this.#options;
    const entry = new FollowedInterest(interest, clock, this.#follows === "all");
    this.#tree.add(interest, entry);
    this.#entries.set(keyOf(interest), entry);
    this.#drops.delete(keyOf(interest));
    if (entry.isKnown) return entry;
    if (!this.#isFollowed) this.counts.away++;
    this.#news.resolve();
    return entry;
  }

  #changes() {
    const add = this.#follows === "all"
      ? []
      : [...this.#entries.values()].filter((one) => !one.isKnown && one.told === undefined);
    return { add, drop: [...this.#drops.values()] };
  }

  #known(entry: FollowedInterest): Promise<void> | undefined {
    if (entry.isKnown || !this.#isFollowed) return undefined;
    return entry.knowing(() => this.counts.late++);
  }

  #sweepLater(): void {
    this.#sweeping ??= this.#options.clock.after(SWEEP_MS, () => {
      this.#sweeping = undefined;
      this.#sweep();
    });
  }

  /** Drops what is not in use now, which whoever asks again asks the controller for. */
  #makeRoom(): void {
    const idle = [...this.#entries.values()].filter(({ holds }) => holds === 0);
    if (this.#isFollowed) this.#removeAll(idle);
    if (this.#entries.size >= MAX_FOLLOWED) this.widen();
  }

  #removeAll(entries: readonly FollowedInterest[]): void {
    for (const entry of entries) this.#remove(entry);
    if (entries.length === 0) return;
    this.#news.resolve();
    this.#options.onDropped();
  }

  #remove(entry: FollowedInterest): void {
    const key = keyOf(entry.interest);
    this.#entries.delete(key);
    this.#tree.delete(entry.interest, entry);
    entry.wake();
    if (entry.told !== undefined && this.#follows === "interests") {
      this.#drops.set(key, entry.interest);
    }
  }

  /** Drops what nobody has used for long. What is known stays while there is no controller. */
  #sweep(): void {
    const due = this.#options.clock.now() - INTEREST_MS;
    if (this.#isFollowed) {
      this.#removeAll(
        [...this.#entries.values()].filter(({ holds, usedAt }) => holds === 0 && usedAt <= due),
      );
    }
    const isFew = this.#entries.size <= MAX_FOLLOWED / 2 && this.#misses < MAX_MISSES;
    if (this.#isWide && isFew) this.#narrow();
    const isIdle = this.#entries.values().some(({ holds }) => holds === 0);
    if (isIdle || this.#isWide) this.#sweepLater();
  }
}

function keyOf({ kind, text }: Interest): string {
  return `${kind} ${text}`;
}
