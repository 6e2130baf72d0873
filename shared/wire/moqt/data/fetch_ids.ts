import { DecodeError } from "../../errors.ts";
import type { GroupOrder } from "../model/group_order.ts";

/** How the ids of an item on a fetch's stream are written, with regard to the item before. */
export interface FetchIds {
  readonly name: string;
  /** What is written for a group that is another one than before, or the first. */
  writeGroup(group: bigint, prior: bigint | undefined, order: GroupOrder): bigint;
  /** What is written for an object; `prior` is the one before in the same group. */
  writeObject(object: number, prior: number | undefined): number;
  /** The group that was written as this; undefined as `prior` for the first item. */
  readGroup(written: bigint, prior: bigint | undefined, descending: boolean): bigint;
  /** What a written object is counted from; `prior` is the one before if no group was written. */
  objectBase(prior: number | undefined): number;
  /** Refuses an item that does not come behind the one before, where ids can say that. */
  checkOrder(prior: FetchPosition, next: FetchPosition, descending: boolean): void;
}

/** Where an item is. */
export interface FetchPosition {
  readonly group: bigint;
  readonly object: number;
}

/** Drafts from 18 on: as distances. */
export const distances: FetchIds = {
  name: "distances",
  writeGroup(group, prior, order) {
    if (prior === undefined) return group;
    return (order === "ascending" ? group - prior : prior - group) - 1n;
  },
  writeObject: (object, prior) => prior === undefined ? object : object - prior,
  readGroup(written, prior, descending) {
    if (prior === undefined) return written;
    return descending ? prior - written - 1n : prior + written + 1n;
  },
  objectBase: (prior) => prior ?? 0,
  checkOrder: () => {},
};

/** Drafts up to 17: as they are. */
export const absolutes: FetchIds = {
  name: "absolutes",
  writeGroup: (group) => group,
  writeObject: (object) => object,
  readGroup: (written) => written,
  objectBase: () => 0,
  checkOrder(prior, next, descending) {
    const isBehind = next.group === prior.group
      ? next.object > prior.object
      : (next.group > prior.group) !== descending;
    if (!isBehind) {
      throw new DecodeError("malformed", "The objects of a fetch are not in its order");
    }
  },
};
