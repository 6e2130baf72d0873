import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, type Registration } from "@qumo/shared/topology";
import type { Life, Version } from "./model.ts";

/** The last that was heard of a relay. */
export interface LastWord {
  readonly life: Life;
  readonly beat: number;
  /** Whether that life goes on. */
  readonly lives: boolean;
}

/** Where a heartbeat stands among the heartbeats of its relay. */
export interface Place {
  readonly version: Version;
  /** It has the number of the newest one: the same, sent again because its answer was lost. */
  readonly isRepeated: boolean;
}

/**
 * Puts a heartbeat into the order of its relay's heartbeats, or refuses it because it is late: a
 * relay with a newer epoch took over, or a newer heartbeat was seen. A relay that numbers nothing
 * is taken to speak in order; `controller` marks the numbers minted for it.
 */
export function placeHeartbeat(
  name: string,
  body: Registration,
  { last, controller }: { last: LastWord | undefined; controller: string },
): Outcome<Place, Refusal> {
  const epoch = body.epoch ?? last?.life.epoch ?? 0;
  const by = body.seq === undefined ? controller : "";
  if (last === undefined || epoch > last.life.epoch) {
    return done({ version: { epoch, number: 1, seq: body.seq ?? 0, by }, isRepeated: false });
  }
  if (epoch < last.life.epoch) {
    const message = `${name} has started again since: its epoch is ${last.life.epoch}`;
    return refused(refusal("stale_epoch", message));
  }
  const seq = body.seq ?? last.beat + 1;
  const isRepeated = seq === last.beat && last.lives;
  if (seq <= last.beat && !isRepeated) {
    const message = `${name} is at sequence number ${last.beat}, this is ${seq}`;
    return refused(refusal("stale_sequence", message));
  }
  const number = last.life.number + (last.lives ? 0 : 1);
  return done({ version: { epoch, number, seq, by }, isRepeated });
}
