import {
  integerProperties,
  type PropertyBlock,
  type RangeFilter,
  type RangeFilterName,
} from "@qumo/shared/wire";
import type { HeadFilter, ObjectFilter } from "../../../track/mod.ts";

/** One filter of a set. */
export interface Clause extends Pick<RangeFilter, "property" | "ranges"> {
  readonly name: RangeFilterName;
}

/** Whether properties pass all of these filters; what has no such property does not. */
export function passesAll(
  clauses: readonly Clause[],
  properties: ReadonlyMap<bigint, bigint>,
): boolean {
  return clauses.every(({ ranges, property }) => isIn(ranges, properties.get(property!)));
}

/** A filter of objects: it passes what passes all filters of one of its sets (#range-filters). */
export class SetsFilter implements ObjectFilter {
  readonly key: string;
  readonly isWithinSubgroups: boolean;
  readonly #sets: readonly (readonly Clause[])[];

  constructor(sets: readonly (readonly Clause[])[]) {
    this.#sets = sets;
    this.key = keyOf(sets);
    this.isWithinSubgroups = sets.some((set) => set.some(isOfObject));
  }

  of(subgroup: bigint | undefined, priority: number): HeadFilter | boolean {
    const left = this.#sets
      .filter((set) => set.every((clause) => passesFields(clause, subgroup, priority)))
      .map((set) => set.filter(isOfObject));
    if (left.length === 0) return false;
    return left.some((set) => set.length === 0) || new Heads(left);
  }
}

/** What is left of a filter for the objects of one subgroup. */
class Heads implements HeadFilter {
  readonly key: string;
  readonly #sets: readonly (readonly Clause[])[];
  readonly #hasProperties: boolean;

  constructor(sets: readonly (readonly Clause[])[]) {
    this.#sets = sets;
    this.key = keyOf(sets);
    this.#hasProperties = sets.some((set) => set.some(({ property }) => property !== undefined));
  }

  passes(object: number, properties: PropertyBlock): boolean {
    const id = BigInt(object);
    const integers = this.#hasProperties ? integerProperties(properties) : NONE;
    return this.#sets.some((set) =>
      set.every(({ property, ranges }) =>
        isIn(ranges, property === undefined ? id : integers.get(property))
      )
    );
  }
}

function passesFields(
  { name, ranges }: Clause,
  subgroup: bigint | undefined,
  priority: number,
): boolean {
  if (name === "subgroupFilters") return isIn(ranges, subgroup);
  return name !== "priorityFilters" || isIn(ranges, BigInt(priority));
}

function isOfObject({ name }: Clause): boolean {
  return name === "objectIdFilters" || name === "objectPropertyFilters";
}

function isIn(ranges: Clause["ranges"], value: bigint | undefined): boolean {
  return value !== undefined && ranges.some(([first, last]) => first <= value && value <= last);
}

/** The same for the same filters, in whatever order they came. */
function keyOf(sets: readonly (readonly Clause[])[]): string {
  const ofSet = (set: readonly Clause[]) =>
    set.map(({ name, property, ranges }) => `${name} ${property} ${ranges.join(" ")}`)
      .sort().join("&");
  return sets.map(ofSet).sort().join("|");
}

const NONE: ReadonlyMap<bigint, bigint> = new Map();
