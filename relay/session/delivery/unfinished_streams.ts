import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import { type SubgroupLog, takeMemory, type Track } from "../../track/mod.ts";
import type { SendStream } from "../../transport/types.ts";
import { PARKED_CHECK_MS, PARKED_STREAM_MS } from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { ParkedEnd } from "../../vocabulary.ts";

/** A stream that ends before what it carries does. */
export interface UnfinishedStream {
  readonly stream: SendStream;
  readonly owner: UnfinishedOwner;
  /** Undefined for what is no subgroup of a track. */
  readonly subgroup:
    | { readonly track: Track; readonly log: SubgroupLog }
    | undefined;
  /** Bytes that the object lacks in whose middle the stream was left; 0 at an object's end. */
  readonly missing: number;
}

/** Where a subscription stands: it lasts, we ended it, or the subscriber left and heeds nothing of it. */
export type Standing = "live" | "ended" | "left";

/** Whose streams they are. */
export interface UnfinishedOwner {
  readonly standing: Standing;
  /** It has left more streams unfinished than can be kept, and none of them may be finished: it ends. */
  giveUp(): void;
}

/** How a stream can be told to be unfinished. */
export type EndingMeans =
  /** RESET_STREAM. */
  | "reset"
  /** The peer takes a stream that ends within an object for one that was reset. */
  | "cut"
  /** Not at all: the stream is left open. */
  | "park";

/**
 * Ends the streams of one session that cannot be sent to their end. Where nothing can tell the peer so
 * a stream is parked: left open, without the FIN that would say that nothing is missing. It is finished
 * as soon as that harms nobody, and in any case before the session runs out of streams.
 */
export class UnfinishedStreams {
  readonly #clock: Clock;
  readonly #metrics: SessionMetrics;
  readonly #means: () => EndingMeans;
  readonly #limit: () => number;
  readonly #log: Log;
  #isSaid = false;
  // In the order in which they were left.
  readonly #parked = new Map<UnfinishedStream, number>();
  // Their publishers break off within an object.
  readonly #fragile = new WeakSet<Track>();
  // Every write asks for them, and few sessions ever have one.
  #hasFragile = false;
  #check: Timer | undefined;

  /** `limit` is how many may be parked at once. */
  constructor(
    clock: Clock,
    metrics: SessionMetrics,
    { means, limit, log }: { means: () => EndingMeans; limit: () => number; log: Log },
  ) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#means = means;
    this.#limit = limit;
    this.#log = log;
  }

  /** Streams that are parked now. */
  get parkedCount(): number {
    return this.#parked.size;
  }

  /** Whether a stream can be ended within an object. */
  get canEndAnywhere(): boolean {
    return this.#means() !== "park";
  }

  /**
   * Whether objects of a track are handed to the peer whole only: its publisher has broken off within
   * one before, which leaves a stream that cannot be finished.
   */
  wantsWhole(track: Track): boolean {
    return this.#hasFragile && this.#fragile.has(track) && !this.canEndAnywhere;
  }

  /** Ends a stream that nothing more is written on, for this reason. */
  leave(unfinished: UnfinishedStream, code: number): void {
    const { stream, subgroup, missing } = unfinished;
    const means = this.#means();
    if (means === "reset") return stream.reset(code);
    if (means === "cut") return cut(stream, missing);
    if (isHeedless(unfinished)) return this.#finish(unfinished, "subscription_over");
    if (isAbandoned(unfinished)) return this.#finish(unfinished, "abandoned");
    if (missing > 0 && subgroup !== undefined) {
      this.#hasFragile = true;
      this.#fragile.add(subgroup.track);
    }
    this.#parked.set(unfinished, this.#clock.now());
    this.#metrics.streamsParked++;
    this.#checkLater();
    while (this.#parked.size > this.#limit()) this.#makeRoom();
  }

  /** The subscriber has left, or was told that the subscription is over. */
  ownerIsOver(owner: UnfinishedOwner): void {
    for (const unfinished of [...this.#parked.keys()]) {
      if (unfinished.owner !== owner || !isHeedless(unfinished)) continue;
      this.#finish(unfinished, "subscription_over");
    }
  }

  /** The peer allows no stream for what is new. Returns how many were finished for that, at most `wanted`. */
  relieve(wanted: number): number {
    let relieved = 0;
    for (const unfinished of [...this.#parked.keys()]) {
      if (relieved === wanted) break;
      if (!mayEnd(unfinished)) continue;
      this.#finish(unfinished, "credit");
      relieved++;
    }
    return relieved;
  }

  /** The session ended. */
  close(): void {
    this.#check?.cancel();
    this.#parked.clear();
  }

  /** The oldest goes that may be finished; where none may, a subscription ends. */
  #makeRoom(): void {
    for (const unfinished of this.#parked.keys()) {
      if (mayEnd(unfinished)) return this.#finish(unfinished, "limit");
    }
    // The subscription's other streams go with it.
    const [oldest] = this.#parked.keys();
    oldest!.owner.giveUp();
    if (this.#parked.has(oldest!)) this.#finish(oldest!, "limit");
  }

  #finish(unfinished: UnfinishedStream, reason: ParkedEnd): void {
    const isAtOnce = reason === "subscription_over" || reason === "abandoned";
    if (this.#parked.delete(unfinished) || isAtOnce) this.#metrics.parkedStreamsFinished[reason]++;
    if (reason === "limit" || reason === "credit") this.#sayOnce(reason);
    fill(unfinished).catch(() => {});
  }

  #sayOnce(reason: ParkedEnd): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#log.info("parked streams finished early", { reason });
  }

  #checkLater(): void {
    this.#check ??= this.#clock.after(PARKED_CHECK_MS, () => {
      this.#check = undefined;
      const oldest = this.#clock.now() - PARKED_STREAM_MS;
      for (const [unfinished, since] of [...this.#parked]) {
        if (isAbandoned(unfinished)) this.#finish(unfinished, "abandoned");
        else if (since <= oldest && isOutdated(unfinished)) this.#finish(unfinished, "outdated");
      }
      if (this.#parked.size > 0) this.#checkLater();
    });
  }
}

/**
 * Whether nobody takes anything from how a stream ends. Who was told of the end of a subscription may
 * still be reading its objects.
 */
function isHeedless({ owner, missing }: UnfinishedStream): boolean {
  return owner.standing === "left" || owner.standing === "ended" && missing === 0;
}

/** Whether a FIN misleads nobody about what is still to come. */
function mayEnd({ owner, subgroup, missing }: UnfinishedStream): boolean {
  if (owner.standing !== "live") return true;
  if (missing > 0) return false;
  return subgroup === undefined || isSuperseded(subgroup) || !subgroup.log.endOfGroup;
}

/** Whether nobody can have more of it from here: its group was followed by others, and the cache gave it up. */
function isOutdated({ owner, subgroup, missing }: UnfinishedStream): boolean {
  if (owner.standing !== "live") return true;
  if (missing > 0) return false;
  if (subgroup === undefined) return true;
  return isSuperseded(subgroup) && subgroup.track.group(subgroup.log.group) === undefined;
}

/** Whether its publisher has gone, or says nothing, while another has brought later groups. */
function isAbandoned({ subgroup, missing }: UnfinishedStream): boolean {
  return missing === 0 && subgroup !== undefined && subgroup.log.isAbandoned;
}

function isSuperseded(
  { track, log }: { readonly track: Track; readonly log: SubgroupLog },
): boolean {
  const { largest, endReason } = track;
  return endReason !== undefined || largest !== undefined && largest.group > log.group;
}

/** Ends a stream where the peer sees that something is missing: within an object, or its header. */
function cut(stream: SendStream, missing: number): void {
  if (missing === 0) stream.write(CUT).catch(() => {});
  stream.finish().catch(() => {});
}

/** Finishes a stream, behind a whole object: strict peers end the session when it is none. */
async function fill({ stream, missing }: UnfinishedStream): Promise<void> {
  for (let left = missing; left > 0; left -= ZEROS.length) {
    await stream.write(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
  }
  await stream.finish();
}

// The first byte of an integer that has more: no object's header ends with it.
const CUT = Uint8Array.of(0xff);
const ZEROS = takeMemory(16_384);
