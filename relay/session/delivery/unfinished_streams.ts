import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import type { StreamCodes, StreamErrorName } from "@qumo/shared/wire";
import { type SubgroupLog, takeMemory, type Track } from "../../track/mod.ts";
import type { SendStream } from "../../transport/types.ts";
import { PARKED_CHECK_MS, PARKED_STREAM_MS } from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { ParkedEnd } from "../../vocabulary/mod.ts";

/** A stream that ends before its content does. */
export interface UnfinishedStream {
  readonly stream: SendStream;
  readonly owner: UnfinishedOwner;
  /** The subgroup that it carries; undefined for a fetch. */
  readonly subgroup:
    | { readonly track: Track; readonly log: SubgroupLog }
    | undefined;
  /** Bytes missing of the object in which the stream stopped; 0 at an object boundary. */
  readonly missing: number;
}

/**
 * The state of a stream's subscription: active, ended by the relay, or left by the subscriber, who
 * ignores the stream's end.
 */
export type Standing = "live" | "ended" | "left";

/** The owner of a stream. */
export interface UnfinishedOwner {
  readonly standing: Standing;
  /**
   * Ends the subscription: it has more parked streams than allowed, and none of them may be
   * finished.
   */
  giveUp(): void;
}

/** How the peer can be told that a stream is incomplete. */
export type EndingMeans =
  /** RESET_STREAM. */
  | "reset"
  /** A FIN within an object, which the peer treats as a reset. */
  | "cut"
  /** Not at all: the stream is left open. */
  | "park";

/** How the streams of one session are ended. */
export interface UnfinishedOptions {
  /** The codes that the peer's dialect has for why a stream is reset. */
  readonly codes: StreamCodes;
  readonly means: EndingMeans;
  /** How many may be parked at once. */
  readonly limit: number;
  readonly log: Log;
}

/**
 * Ends the streams of one session that cannot be sent to their end. If the peer cannot be told that
 * a stream is incomplete, the stream is parked: left open without a FIN, which would mean that
 * nothing is missing. It is finished when that misleads nobody, and at the latest when the session
 * runs out of streams.
 */
export class UnfinishedStreams {
  readonly #clock: Clock;
  readonly #metrics: SessionMetrics;
  readonly #codes: StreamCodes;
  readonly #means: EndingMeans;
  readonly #limit: number;
  readonly #log: Log;
  #isSaid = false;
  // In the order in which they were parked.
  readonly #parked = new Map<UnfinishedStream, number>();
  // Tracks whose publisher ended a stream within an object before, which few sessions ever have.
  #fragile: WeakSet<Track> | undefined;
  #check: Timer | undefined;

  constructor(
    clock: Clock,
    metrics: SessionMetrics,
    { codes, means, limit, log }: UnfinishedOptions,
  ) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#codes = codes;
    this.#means = means;
    this.#limit = limit;
    this.#log = log;
  }

  /** The number of parked streams. */
  get parkedCount(): number {
    return this.#parked.size;
  }

  /** Whether the peer can be told that a stream ended within an object. */
  get canEndAnywhere(): boolean {
    return this.#means !== "park";
  }

  /**
   * Whether objects of a track are forwarded only when complete: its publisher ended a stream
   * within an object before, and a forwarded part could not be finished.
   */
  wantsWhole(track: Track): boolean {
    return this.#fragile !== undefined && this.#fragile.has(track) && !this.canEndAnywhere;
  }

  /** Ends an incomplete stream for this reason. */
  leave(unfinished: UnfinishedStream, code: StreamErrorName): void {
    const { stream, subgroup, missing } = unfinished;
    if (this.#means === "reset") return stream.reset(this.#codes[code]);
    if (this.#means === "cut") return cut(stream, missing);
    if (isHeedless(unfinished)) return this.#finish(unfinished, "subscription_over");
    if (isAbandoned(unfinished)) return this.#finish(unfinished, "abandoned");
    if (missing > 0 && subgroup !== undefined) {
      this.#fragile ??= new WeakSet();
      this.#fragile.add(subgroup.track);
    }
    this.#parked.set(unfinished, this.#clock.now());
    this.#metrics.streamsParked++;
    this.#checkLater();
    while (this.#parked.size > this.#limit) this.#makeRoom();
  }

  /** Handles the end of a subscription: its parked streams may be finished. */
  ownerIsOver(owner: UnfinishedOwner): void {
    for (const unfinished of [...this.#parked.keys()]) {
      if (unfinished.owner !== owner || !isHeedless(unfinished)) continue;
      this.#finish(unfinished, "subscription_over");
    }
  }

  /**
   * Finishes parked streams because the peer grants no more stream credit. Returns how many were
   * finished, at most `wanted`.
   */
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

  /** Drops all parked streams; called when the session ends. */
  close(): void {
    this.#check?.cancel();
    this.#parked.clear();
  }

  /**
   * Finishes the oldest stream that may be finished; if none may, ends the subscription of the
   * oldest.
   */
  #makeRoom(): void {
    for (const unfinished of this.#parked.keys()) {
      if (mayEnd(unfinished)) return this.#finish(unfinished, "limit");
    }
    // The subscription's other streams are removed with it.
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
 * Whether the subscriber ignores how the stream ends. A subscriber that was told of the end of its
 * subscription may still be reading objects.
 */
function isHeedless({ owner, missing }: UnfinishedStream): boolean {
  return owner.standing === "left" || owner.standing === "ended" && missing === 0;
}

/** Whether a FIN cannot mislead the subscriber about missing objects. */
function mayEnd({ owner, subgroup, missing }: UnfinishedStream): boolean {
  if (owner.standing !== "live") return true;
  if (missing > 0) return false;
  return subgroup === undefined || isSuperseded(subgroup) || !subgroup.log.endOfGroup;
}

/**
 * Whether more of it cannot be had from here: newer groups followed, and the cache evicted its
 * group.
 */
function isOutdated({ owner, subgroup, missing }: UnfinishedStream): boolean {
  if (owner.standing !== "live") return true;
  if (missing > 0) return false;
  if (subgroup === undefined) return true;
  return isSuperseded(subgroup) && subgroup.track.group(subgroup.log.group) === undefined;
}

/** Whether its publisher has gone or stopped sending while another one brought later groups. */
function isAbandoned({ subgroup, missing }: UnfinishedStream): boolean {
  return missing === 0 && subgroup !== undefined && subgroup.log.isAbandoned;
}

function isSuperseded(
  { track, log }: { readonly track: Track; readonly log: SubgroupLog },
): boolean {
  const { largest, endReason } = track;
  return endReason !== undefined || largest !== undefined && largest.group > log.group;
}

/** Ends a stream with a FIN within an object or its header, which the peer treats as a reset. */
function cut(stream: SendStream, missing: number): void {
  if (missing === 0) stream.write(CUT).catch(() => {});
  stream.finish().catch(() => {});
}

/**
 * Finishes a stream at an object boundary: strict peers close the session for an incomplete object.
 */
async function fill({ stream, missing }: UnfinishedStream): Promise<void> {
  for (let left = missing; left > 0; left -= ZEROS.length) {
    await stream.write(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
  }
  await stream.finish();
}

// The first byte of a longer integer: no object header ends with it.
const CUT = Uint8Array.of(0xff);
const ZEROS = takeMemory(16_384);
