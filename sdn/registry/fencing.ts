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

/** The newest known life of a relay. */
export interface LastLife {
  readonly life: Life;
  /** The epoch in the relay's own numbering. */
  readonly ownEpoch: number;
  readonly beat: number;
  /** How that life ended; absent while it lasts. */
  readonly end?: EndReason;
}

/** The newest known life of a relay; `undefined` for an unknown relay. */
export function lastLifeOf(state: RegistryState, name: string): LastLife | undefined {
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

/** The position of a heartbeat in the order of its relay's heartbeats. */
export interface Place {
  readonly version: Version;
  /** The relay's own epoch, when it is lower than the version's. */
  readonly ownEpoch?: number;
  /** Whether it has the number of the newest heartbeat: a retry after a lost answer. */
  readonly isRepeated: boolean;
}

/** What decides about the position besides the heartbeat. */
export interface PlaceOptions {
  readonly last: LastLife | undefined;
  /** Recorded in the numbers that this controller assigns. */
  readonly controller: string;
  /** Milliseconds since 1970; absent: any epoch is accepted. */
  readonly wall: number | undefined;
}

/**
 * Orders a heartbeat among those of its relay, or refuses it as stale: a relay with a newer epoch
 * took over, or a newer heartbeat was seen (fencing). Heartbeats without numbers are taken to
 * arrive in order. After a deregistration the name is free for any epoch.
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
  // Below the newest epoch, life numbers order heartbeats as they do within one epoch.
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

function late(code: RefusalCode, { life, end }: LastLife, message: string) {
  return refused(refusal(code, message, { epoch: life.epoch, lives: end === undefined }));
}
