import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import { backfill, type Refusal, type Scope, type Track } from "../../track/mod.ts";
import { LOOKUP_QUIET_MS, LOOKUP_TIMEOUT_MS, MAX_LOOKUP_BYTES } from "../limits.ts";
import { Arrivals } from "../model/arrivals.ts";
import { GroupReading } from "../model/group_reading.ts";

/** Which group of a track is asked for. */
export interface WantedGroup {
  readonly name: FullTrackName;
  /** Undefined: the latest one. */
  readonly group: bigint | undefined;
}

/** The payloads of a group, joined. */
type Joined = Outcome<Uint8Array, Refusal>;

/**
 * Fetches a group of a track: from the cache, then from a publisher here or in the mesh. The latest
 * one is waited for, and taken as far as it has come when it pauses.
 */
export async function fetchGroup(scope: Scope, wanted: WantedGroup, clock: Clock): Promise<Joined> {
  const late = new AbortController();
  const timer = clock.after(LOOKUP_TIMEOUT_MS, () => late.abort());
  try {
    await scope.lookUp(wanted.name);
    return wanted.group === undefined
      ? await latestGroup(scope, wanted.name, { clock, signal: late.signal })
      : await numberedGroup(scope, wanted.name, { group: wanted.group, signal: late.signal });
  } finally {
    timer.cancel();
    late.abort();
  }
}

async function latestGroup(
  scope: Scope,
  name: FullTrackName,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Joined> {
  const opened = await scope.open(name, { rendezvous: 0, forward: true, past: true, signal });
  if (!opened.ok) return opened;
  const { track, demand } = opened.value;
  const filled = new AbortController();
  try {
    void backfill(opened.value, { clock, signal: filled.signal }).catch(() => {});
    return await readNewest(track, clock, signal);
  } finally {
    filled.abort();
    demand.release();
  }
}

/** Reads the newest group until it ends, pauses, or is too large or too late. */
function readNewest(track: Track, clock: Clock, signal: AbortSignal): Promise<Joined> {
  const { promise, resolve } = Promise.withResolvers<Joined>();
  const joined = new Payloads();
  let reading: GroupReading | undefined;
  const read = () => {
    quiet.cancel();
    const newest = track.largest?.group;
    if (reading === undefined && newest !== undefined) reading = new GroupReading(track, newest);
    for (let next = reading?.next(); next?.kind !== "wait"; next = reading?.next()) {
      if (next === undefined) break;
      if (next.kind === "over") return resolve(next.isWhole ? joined.whole() : refused(EVICTED));
      if (!joined.add(next.object.payload)) return resolve(refused(TOO_LARGE));
    }
    if (track.endReason !== undefined) return resolve(refused(ENDED));
    if (joined.count > 0) quiet = clock.after(LOOKUP_QUIET_MS, () => resolve(joined.whole()));
  };
  let quiet = clock.after(0, () => {});
  const arrivals = new Arrivals(track, read);
  const abort = () => resolve(joined.count > 0 ? joined.whole() : refused(LATE));
  signal.addEventListener("abort", abort);
  return promise.finally(() => {
    quiet.cancel();
    arrivals.close();
    signal.removeEventListener("abort", abort);
  });
}

async function numberedGroup(
  scope: Scope,
  name: FullTrackName,
  { group, signal }: { readonly group: bigint; readonly signal: AbortSignal },
): Promise<Joined> {
  const joined = new Payloads();
  const entry = scope.find(name);
  if (entry?.track.group(group) !== undefined) {
    const reading = new GroupReading(entry.track, group);
    for (let next = reading.next();; next = reading.next()) {
      if (next.kind === "object" && !joined.add(next.object.payload)) return refused(TOO_LARGE);
      if (next.kind === "over" && next.isWhole && reading.position > 0) return joined.whole();
      if (next.kind !== "object") break;
    }
  }
  return await fromPublisher(scope, name, { group, signal });
}

/** A group that the cache does not have whole. */
async function fromPublisher(
  scope: Scope,
  name: FullTrackName,
  { group, signal }: { readonly group: bigint; readonly signal: AbortSignal },
): Promise<Joined> {
  const source = scope.sourceOf(name);
  if (source === undefined) return refused(NOBODY);
  const joined = new Payloads();
  let isTooLarge = false;
  const fetching = source.fetch({
    name,
    start: { group, object: 0n },
    end: { group, object: LAST_OBJECT },
    order: "ascending",
  }, {
    object: ({ payload }) => {
      if (joined.add(payload.slice())) return;
      isTooLarge = true;
      fetching.cancel();
    },
    unknownUpTo: () => {},
  });
  signal.addEventListener("abort", () => fetching.cancel(), { once: true });
  const answer = await fetching.answer;
  if (!answer.ok) return signal.aborted ? refused(LATE) : answer;
  const finished = await fetching.finished;
  if (isTooLarge) return refused(TOO_LARGE);
  if (!finished.ok) return signal.aborted ? refused(LATE) : finished;
  return joined.count === 0 ? refused(NO_GROUP) : joined.whole();
}

/** Payloads up to a limit. */
class Payloads {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  get count(): number {
    return this.#parts.length;
  }

  /** Adds one; false when it is one too many. */
  add(payload: Uint8Array): boolean {
    this.#bytes += payload.length;
    if (this.#bytes > MAX_LOOKUP_BYTES) return false;
    this.#parts.push(payload);
    return true;
  }

  whole(): Joined {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return done(bytes);
  }
}

const LAST_OBJECT = 2n ** 62n - 1n;
const NOBODY: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
const NO_GROUP: Refusal = { kind: "does_not_exist", reason: "the track has no such group" };
const EVICTED: Refusal = { kind: "does_not_exist", reason: "a part of the group is gone" };
const ENDED: Refusal = { kind: "does_not_exist", reason: "the track has ended" };
const LATE: Refusal = { kind: "timeout", reason: "the group did not come in time" };
const TOO_LARGE: Refusal = {
  kind: "excessive_load",
  reason: `the group has more than ${MAX_LOOKUP_BYTES} bytes`,
};
