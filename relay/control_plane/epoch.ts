import type { ControllerFault } from "./controller_client.ts";

let last = 0;

/**
 * Makes the epoch of a relay that starts now: the time, and above every earlier epoch of this
 * process. By it the controller tells a restarted relay from a late message.
 */
export function mintEpoch(wall: number): number {
  last = Math.max(Math.floor(wall), last + 1);
  return last;
}

/**
 * The epoch and sequence numbers in the heartbeats of this process, which tell them from those of
 * other processes with the relay's name.
 */
export class Epoch {
  #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** Continues with another epoch; heartbeats under the previous one no longer count. */
  renew(value: number): void {
    this.#value = value;
  }
}

/** The epoch that this relay may use after a refused heartbeat; undefined if there is none. */
export function epochAfter({ code, epoch, lives }: ControllerFault): number | undefined {
  if (epoch === undefined) return undefined;
  switch (code) {
    case "epoch_ahead":
      return epoch;
    case "stale_epoch":
      // The process that started later keeps the name as long as it is registered.
      return lives === false ? epoch + 1 : undefined;
    case "stale_sequence":
      // Sequence numbers of one process only grow, so another process uses the same epoch.
      return epoch + 1;
    default:
      return undefined;
  }
}
