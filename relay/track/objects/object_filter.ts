import type { PropertyBlock } from "@qumo/shared/wire";

/** Which objects of a track a subscriber wants, by what their headers say. */
export interface ObjectFilter {
  /** Equal for filters that pass the same objects. */
  readonly key: string;
  /** Whether it can pass some objects of a subgroup and not others. */
  readonly isWithinSubgroups: boolean;
  /**
   * What passes of a subgroup, or of a datagram, which has none: all of it, nothing, or what the
   * filter says that is left for its objects.
   */
  of(subgroup: bigint | undefined, priority: number): HeadFilter | boolean;
}

/** Which objects of one subgroup a subscriber wants. */
export interface HeadFilter {
  /** Equal for filters that pass the same objects. */
  readonly key: string;
  passes(object: number, properties: PropertyBlock): boolean;
}

/** Whether a filter passes one object. */
export function passes(
  filter: ObjectFilter | undefined,
  { subgroup, priority, object, properties }: {
    readonly subgroup: bigint | undefined;
    readonly priority: number;
    readonly object: number;
    readonly properties: PropertyBlock;
  },
): boolean {
  if (filter === undefined) return true;
  const left = filter.of(subgroup, priority);
  return typeof left === "boolean" ? left : left.passes(object, properties);
}
