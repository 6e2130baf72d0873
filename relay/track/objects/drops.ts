/** Why an object that a publisher sent was thrown away. */
export type DropReason =
  /** The cache gave up its group, or its place in the group, before it came. */
  | "too_old"
  /** The track had ended. */
  | "track_over"
  /** Its group had as many subgroups as a group may have, and all of them went on. */
  | "subgroups"
  /** Beyond the largest object that the relay takes. */
  | "too_large"
  /** A newer publisher has taken the track over. */
  | "replaced";

/** Which drops of a track were told of: each reason once, however often it happens. */
export class ToldDrops {
  readonly #told = new Set<DropReason>();

  /** Whether this is the first drop of the track for this reason. */
  isFirst(reason: DropReason): boolean {
    if (this.#told.has(reason)) return false;
    this.#told.add(reason);
    return true;
  }
}
