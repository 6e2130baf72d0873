import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  MAX_EPOCH_AHEAD_MS,
  type Refusal,
  refusal,
  type RefusalCode,
  type Registration,
} from "@qumo/shared/topology";
import type { EndReason, Life, Version } from "./model.ts";
import type { RegistryState } from "./state.ts";

/** The last that was heard of a relay. */
export interface LastWord {
  readonly life: Life;
  /** What the relay calls that life's epoch. */
  readonly ownEpoch: number;
  readonly beat: number;
  /** How that life ended; absent while it goes on. */
  readonly end?: EndReason;
}

/** The last that was heard of a relay, if anything was that is remembered. */
export function lastWordOn(state: RegistryState, name: string): LastWord | undefined {
  const entry = state.relays.get(name);
  if (entry !== undefined) {
    const { version: life, ownEpoch = life.epoch } = entry.record;
    return { life, ownEpoch, beat: entry.beat };
  }
  const tombstone = state.graveyard.get(name);
  if (tombstone === undefined) return undefined;
  const { life, ownEpoch = life.epoch, beat, reason: end } = tombstone;
  return { life, ownEpoch, beat, end };
}

/** Where a heartbeat stands among the heartbeats of its relay. */
export interface Place {
  readonly version: Version;
  /** What the relay calls its epoch, where that is lower than the version's. */
  readonly ownEpoch?: number;
  /** It has the number of the newest one: the same, sent again because its answer was lost. */
  readonly isRepeated: boolean;
}

/** What else decides about a heartbeat's place. */
export interface PlaceOptions {
  readonly last: LastWord | undefined;
  /** Marks the numbers that are minted here. */
  readonly controller: string;
  /** Milliseconds since 1970; absent: epochs may be any. */
  readonly wall: number | undefined;
}

/**
 * Puts a heartbeat into the order of its relay's heartbeats, or refuses it because it is late: a
 * relay with a newer epoch took over, or a newer heartbeat was seen. A relay that numbers nothing
 * is taken to speak in order. Once a relay has deregistered, its name is free for any epoch.
 */
export function placeHeartbeat(
  name: string,
  body: Registration,
  { last, controller, wall }: PlaceOptions,
): Outcome<Place, Refusal> {
  const epoch = body.epoch ?? last?.ownEpoch ?? 0;
  const by = body.seq === undefined ? controller : "";
  const newest = last?.life.epoch ?? 0;
  if (wall !== undefined && epoch > Math.max(wall + MAX_EPOCH_AHEAD_MS, newest + 1)) {
    const message = `The epoch ${epoch} is too far ahead of the time, ${wall}`;
    const hint = { epoch: Math.floor(wall), lives: last !== undefined && last.end === undefined };
    return refused(refusal("epoch_ahead", message, hint));
  }
  const begin = (number: number) => ({
    version: { epoch: Math.max(epoch, newest), number, seq: body.seq ?? 0, by },
    ...(epoch < newest && { ownEpoch: epoch }),
    isRepeated: false,
  });
  if (last === undefined || epoch > newest) return done(begin(1));
  const { life, ownEpoch, beat, end } = last;
  // Below the newest epoch the numbers tell lives apart, as they do within one.
  const isOther = epoch > ownEpoch || epoch < ownEpoch && end === "deregistered";
  if (isOther) return done(begin(life.number + 1));
  if (epoch < ownEpoch) {
    return late("stale_epoch", last, `${name} has started again since: its epoch is ${ownEpoch}`);
  }
  const seq = body.seq ?? beat + 1;
  const isRepeated = seq === beat && end === undefined;
  if (seq <= beat && !isRepeated) {
    return late("stale_sequence", last, `${name} is at sequence number ${beat}, this is ${seq}`);
  }
  const number = life.number + (end === undefined ? 0 : 1);
  const version = { epoch: life.epoch, number, seq, by };
  return done({ version, ...(epoch < newest && { ownEpoch: epoch }), isRepeated });
}

function late(code: RefusalCode, { life, end }: LastWord, message: string) {
  return refused(refusal(code, message, { epoch: life.epoch, lives: end === undefined }));
}
