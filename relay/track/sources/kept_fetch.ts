import { done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import type { Location } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import { MAX_GAPS_ASKED } from "../limits.ts";
import type { LocationRange } from "../objects/fetch_plan.ts";
import type { Renderer } from "../objects/renderer.ts";
import type { KeptEntry, KeptGroup, KeptTrack } from "./archive.ts";
import type { PastSource } from "./in_turn.ts";
import type { FetchAnswer, FetchRequest, FetchSink, PendingFetch } from "./publisher.ts";

/** What a {@linkcode KeptFetch} works with. */
export interface KeptFetchParts {
  readonly kept: KeptTrack;
  readonly publishers: PastSource | undefined;
  readonly renderer: Renderer;
}

/** Who gets the objects, and on what the fetch depends. */
export interface KeptFetchTarget {
  readonly sink: FetchSink;
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
}

/**
 * A fetch of kept groups in order, each read when the sink has taken the one before. What lies between
 * them is asked of the publishers.
 */
export class KeptFetch implements PendingFetch {
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  readonly finished: Promise<Outcome<void, Refusal>>;
  readonly #parts: KeptFetchParts;
  readonly #request: FetchRequest;
  readonly #sink: FetchSink;
  #asking: PendingFetch | undefined;
  #gapsAsked = 0;
  #mayAsk = true;
  #isCancelled = false;

  constructor(parts: KeptFetchParts, request: FetchRequest, { sink, answer }: KeptFetchTarget) {
    this.#parts = parts;
    this.#request = request;
    this.#sink = sink;
    this.answer = this.#withPublisher(answer);
    this.finished = this.#finish();
  }

  stopAsking(): void {
    this.#mayAsk = false;
    this.#asking?.cancel();
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#asking?.cancel();
  }

  /** Where what is kept does not count, a publisher answers. */
  async #withPublisher(
    answer: Promise<Outcome<FetchAnswer, Refusal>>,
  ): Promise<Outcome<FetchAnswer, Refusal>> {
    const own = await answer;
    const { publishers } = this.#parts;
    if (own.ok || publishers === undefined || this.#isCancelled) return own;
    this.#asking = publishers.fetch(this.#request, this.#sink);
    return await this.#asking.answer;
  }

  async #finish(): Promise<Outcome<void, Refusal>> {
    const answer = await this.answer;
    if (!answer.ok) return answer;
    if (this.#asking !== undefined) return await this.#asking.finished;
    try {
      await this.#send({ start: this.#request.start, end: answer.value.end });
    } catch (error) {
      return refused({ kind: "internal_error", reason: messageOf(error) });
    }
    return this.#isCancelled ? refused(CANCELLED) : done(undefined);
  }

  /** Sends a range, group by group in its order. */
  async #send(range: LocationRange): Promise<void> {
    const { order } = this.#request;
    const isUp = order === "ascending";
    const step = isUp ? 1n : -1n;
    const [first, last] = isUp
      ? [range.start.group, range.end.group]
      : [range.end.group, range.start.group];
    const isWithin = (group: bigint) => isUp ? group <= last : group >= last;
    for (let next = first; isWithin(next) && !this.#isCancelled;) {
      const entry = this.#wholeFrom(next, isWithin);
      const behind = entry?.group ?? last + step;
      if (behind !== next) await this.#gap(next, behind - step, range);
      if (entry === undefined) return;
      await this.#group(entry, range);
      next = behind + step;
    }
  }

  /** The next group that is kept whole. */
  #wholeFrom(from: bigint, isWithin: (group: bigint) => boolean): KeptEntry | undefined {
    const { order } = this.#request;
    const step = order === "ascending" ? 1n : -1n;
    for (let group = from; group >= 0n;) {
      const entry = this.#parts.kept.nearest(group, order);
      if (entry === undefined || !isWithin(entry.group)) return undefined;
      if (entry.isWhole) return entry;
      group = entry.group + step;
    }
    return undefined;
  }

  /** Sends a group that is kept whole. */
  async #group({ group, lastId }: KeptEntry, range: LocationRange): Promise<void> {
    const { from, to } = objectsOf(group, range);
    if (from > BigInt(lastId)) return;
    const read = await this.#parts.kept.read(group);
    if (read === undefined) return await this.#gap(group, group, range);
    await this.#objects(read, { from, to });
  }

  async #objects(
    { id: group, objects }: KeptGroup,
    { from, to, marksGaps = false }: { from: bigint; to: bigint; marksGaps?: boolean },
  ): Promise<void> {
    let next = from;
    for (const { id, subgroup, priority, properties, payload } of objects) {
      const object = BigInt(id);
      if (object < from || object > to) continue;
      if (this.#isCancelled) return;
      if (marksGaps && object > next) this.#sink.unknownUpTo(group, object - 1n);
      next = object + 1n;
      const [whole] = payload as [Uint8Array];
      await this.#sink.object({
        group,
        subgroup,
        object: id,
        priority,
        properties: properties.bytes,
        payload: whole,
        renderer: this.#parts.renderer,
      });
    }
    if (marksGaps && next <= to) this.#sink.unknownUpTo(group, to);
  }

  /** Sends groups between two kept ones: from publishers, or what is kept of them. */
  async #gap(one: bigint, other: bigint, range: LocationRange): Promise<void> {
    const { publishers } = this.#parts;
    const [low, high] = one < other ? [one, other] : [other, one];
    const start = { group: low, object: objectsOf(low, range).from };
    const end = { group: high, object: objectsOf(high, range).to };
    if (publishers !== undefined && this.#mayAsk && this.#gapsAsked < MAX_GAPS_ASKED) {
      this.#gapsAsked++;
      this.#asking = publishers.fetch({ ...this.#request, start, end }, this.#sink);
      const outcome = await this.#asking.finished;
      this.#asking = undefined;
      if (outcome.ok || this.#isCancelled) return;
    }
    await this.#parted(one, other, range);
  }

  /** Sends what is kept of groups that are not whole. */
  async #parted(one: bigint, other: bigint, range: LocationRange): Promise<void> {
    const { kept } = this.#parts;
    const { order } = this.#request;
    const isUp = order === "ascending";
    const step = isUp ? 1n : -1n;
    const isWithin = (group: bigint) => isUp ? group <= other : group >= other;
    for (let next = one; isWithin(next) && !this.#isCancelled;) {
      const entry = next < 0n ? undefined : kept.nearest(next, order);
      if (entry === undefined || !isWithin(entry.group)) return this.#unknown(other, range);
      if (entry.group !== next) this.#unknown(entry.group - step, range);
      const read = entry.isWhole ? undefined : await kept.read(entry.group);
      if (read === undefined) this.#unknown(entry.group, range);
      else await this.#objects(read, { ...objectsOf(entry.group, range), marksGaps: true });
      next = entry.group + step;
    }
  }

  #unknown(group: bigint, range: LocationRange): void {
    this.#sink.unknownUpTo(group, objectsOf(group, range).to);
  }
}

/** The object ids of a group within a range. */
function objectsOf(
  group: bigint,
  { start, end }: LocationRange,
): { readonly from: bigint; readonly to: Location["object"] } {
  return {
    from: group === start.group ? start.object : 0n,
    to: group === end.group ? end.object : LAST_OBJECT,
  };
}

const LAST_OBJECT = 2n ** 64n - 1n;
const CANCELLED: Refusal = { kind: "timeout", reason: "the request was cancelled" };
