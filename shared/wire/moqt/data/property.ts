/** Types of the properties that a relay understands (#iana-properties). */
export const Property = {
  OBJECT_DELIVERY_TIMEOUT: 0x02n,
  MAX_CACHE_DURATION: 0x04n,
  SUBGROUP_DELIVERY_TIMEOUT: 0x06n,
  /** Of draft-lcurley-moq-timestamp, which has it from LOC. */
  TIMESCALE: 0x08n,
  IMMUTABLE_PROPERTIES: 0x0bn,
  DEFAULT_PUBLISHER_PRIORITY: 0x0en,
  DEFAULT_PUBLISHER_GROUP_ORDER: 0x22n,
  DYNAMIC_GROUPS: 0x30n,
  PRIOR_GROUP_ID_GAP: 0x3cn,
  PRIOR_OBJECT_ID_GAP: 0x3en,
} as const;

const FIRST_MANDATORY = 0x4000;
const LAST_MANDATORY = 0x7fff;

/** Whether only those who know this property may touch the track (#mandatory-track-properties). */
export function isMandatory(type: bigint | number): boolean {
  return type >= FIRST_MANDATORY && type <= LAST_MANDATORY;
}
