let last = 0;

/**
 * The epoch of a relay that starts now: the time, and above every one before it in this process, so
 * that the controller can tell a relay that started again from one that is late.
 */
export function mintEpoch(wall: number): number {
  last = Math.max(Math.floor(wall), last + 1);
  return last;
}
