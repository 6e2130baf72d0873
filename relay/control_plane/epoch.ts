import type { ControllerFault } from "./controller_client.ts";

let last = 0;

/**
 * The epoch of a relay that starts now: the time, and above every one before it in this process, so
 * that the controller can tell a relay that started again from one that is late.
 */
export function mintEpoch(wall: number): number {
  last = Math.max(Math.floor(wall), last + 1);
  return last;
}

/** What marks the heartbeats of this process as its own, among all that ever had the relay's name. */
export class Epoch {
  #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** Begins anew with another: what was said under the one before counts no more. */
  renew(value: number): void {
    this.#value = value;
  }
}

/** The epoch with which this relay may begin anew after a refusal; undefined where there is none. */
export function epochAfter({ code, epoch, lives }: ControllerFault): number | undefined {
  if (epoch === undefined) return undefined;
  switch (code) {
    case "epoch_ahead":
      return epoch;
    case "stale_epoch":
      // The process that started later is the one that is meant, for as long as it lives.
      return lives === false ? epoch + 1 : undefined;
    case "stale_sequence":
      // A process numbers its heartbeats upwards: somebody else uses its epoch.
      return epoch + 1;
    default:
      return undefined;
  }
}
