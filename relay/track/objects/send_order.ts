import type { GroupOrder } from "@qumo/shared/wire";

/** The input of the send order (#scheduling-algorithm). Priorities are 0 to 255, lower first. */
export interface SendRank {
  readonly subscriberPriority: number;
  readonly publisherPriority: number;
  readonly order: GroupOrder;
  /**
   * The position of the group among the track's groups: ids may have gaps, for example timestamps.
   */
  readonly groupOrdinal: number;
  readonly subgroup: bigint;
}

// 31 bits, higher first: 8 of subscriber priority, 8 of publisher priority, 11 of group, 4 of
// subgroup.
const GROUP_RANKS = 2 ** 11;
const SUBGROUP_RANKS = 2 ** 4;

/**
 * The rank as a send order, higher first, always below that of control and request streams. Groups
 * count modulo 2^11 and subgroups up to 15, since more do not compete at once.
 */
export function sendOrder(rank: SendRank): number {
  const group = rank.groupOrdinal % GROUP_RANKS;
  const subgroup = rank.subgroup < SUBGROUP_RANKS ? Number(rank.subgroup) : SUBGROUP_RANKS - 1;
  const groupRank = rank.order === "ascending" ? GROUP_RANKS - 1 - group : group;
  return (255 - rank.subscriberPriority) * 2 ** 23 +
    (255 - rank.publisherPriority) * 2 ** 15 +
    groupRank * SUBGROUP_RANKS + (SUBGROUP_RANKS - 1 - subgroup) - 2;
}
