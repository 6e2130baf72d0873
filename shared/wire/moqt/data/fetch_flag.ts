import type { FetchIds } from "./fetch_ids.ts";

/** The bits of an object's serialization flags on a fetch stream (#fetch-header). */
export const FetchFlag = {
  SUBGROUP_MASK: 0x03,
  SUBGROUP_ZERO: 0x00,
  SUBGROUP_PRIOR: 0x01,
  SUBGROUP_NEXT: 0x02,
  SUBGROUP_PRESENT: 0x03,
  OBJECT: 0x04,
  GROUP: 0x08,
  PRIORITY: 0x10,
  PROPERTIES: 0x20,
  DATAGRAM: 0x40,
} as const;

/** What drafts with serialization flags choose about them. */
export interface FlaggedForm {
  readonly ids: FetchIds;
  /** Flags below this are bits; from here on they are values of their own, if there are any. */
  readonly firstRange: number;
  /** Whether an object without a payload has a status (15). */
  readonly hasStatus: boolean;
}
