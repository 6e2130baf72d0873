import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  DecodeError,
  decodeRangeFilter,
  type Parameters,
  type RangeFilter,
  type RangeFilterName,
  type VarintFormat,
} from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { MAX_FILTER_RANGES } from "../../limits.ts";
import { type Clause, passesAll, SetsFilter } from "./sets_filter.ts";

const NAMES: readonly RangeFilterName[] = [
  "subgroupFilters",
  "objectIdFilters",
  "priorityFilters",
  "objectPropertyFilters",
  "trackPropertyFilters",
];

const MAX_PRIORITY = 255n;

type Filters = { readonly [Name in RangeFilterName]?: readonly RangeFilter[] };

/** The filters by ranges that a request has (#range-filters). */
export class RangeFilters {
  /** None: every object passes. */
  static readonly NONE = new RangeFilters({});
  readonly #filters: Filters;

  private constructor(filters: Filters) {
    this.#filters = filters;
  }

  /**
   * The filters after a message: a parameter replaces what there was of its kind, and an empty one
   * removes it.
   */
  after(
    message: Parameters<RangeFilterName>,
    varint: VarintFormat,
  ): Outcome<RangeFilters, Refusal> {
    const filters: { -readonly [Name in keyof Filters]: Filters[Name] } = { ...this.#filters };
    try {
      for (const name of NAMES) {
        const list = message[name];
        if (list !== undefined) filters[name] = decodeAll(name, list, varint);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return invalid(error.message);
    }
    const count = NAMES.flatMap((name) => filters[name] ?? [])
      .reduce((sum, { ranges }) => sum + ranges.length, 0);
    if (count > MAX_FILTER_RANGES) return invalid(`more than ${MAX_FILTER_RANGES} ranges`);
    return done(new RangeFilters(filters));
  }

  /**
   * What is wanted of a track with these properties: all of it, nothing, or what passes a filter.
   */
  of(properties: ReadonlyMap<bigint, bigint>): "all" | "nothing" | SetsFilter {
    const sets = this.#sets().filter((set) => passesAll(set.track, properties))
      .map(({ object }) => object);
    if (sets.length === 0) return this.#sets().length === 0 ? "all" : "nothing";
    return sets.some((set) => set.length === 0) ? "all" : new SetsFilter(sets);
  }

  /** The filter of objects where no track is chosen; undefined when all pass. */
  get ofObjects(): SetsFilter | undefined {
    const wanted = this.of(new Map());
    return typeof wanted === "string" ? undefined : wanted;
  }

  /** The filters by their sets: one of them must pass, and of that all. */
  #sets(): readonly { readonly track: Clause[]; readonly object: Clause[] }[] {
    const sets = new Map<number, { readonly track: Clause[]; readonly object: Clause[] }>();
    for (const name of NAMES) {
      for (const { set, property, ranges } of this.#filters[name] ?? []) {
        const clauses = sets.get(set) ?? { track: [], object: [] };
        sets.set(set, clauses);
        const kind = name === "trackPropertyFilters" ? "track" : "object";
        clauses[kind].push({ name, property, ranges });
      }
    }
    return [...sets.values()];
  }
}

function decodeAll(
  name: RangeFilterName,
  list: readonly Uint8Array[],
  varint: VarintFormat,
): readonly RangeFilter[] {
  const isOfProperty = name === "objectPropertyFilters" || name === "trackPropertyFilters";
  const filters = list.filter(({ length }) => length > 0)
    .map((bytes) => decodeRangeFilter(bytes, { varint, isOfProperty }));
  const kinds = new Set(filters.map(({ set, property }) => `${set} ${property}`));
  if (kinds.size < filters.length) throw new DecodeError("malformed", "a filter comes twice");
  for (const { property, ranges } of filters) check(name, property, ranges);
  return filters;
}

function check(
  name: RangeFilterName,
  property: bigint | undefined,
  ranges: RangeFilter["ranges"],
): void {
  if (property !== undefined && property % 2n === 1n) {
    throw new DecodeError("malformed", `property ${property} is no number`);
  }
  if (name !== "priorityFilters") return;
  // A range without an end goes on to the largest of all numbers.
  const last = ranges.at(-1)!;
  const said = [
    ...ranges.slice(0, -1).flat(),
    last[0],
    ...(last[1] === MAX_VALUE ? [] : [last[1]]),
  ];
  if (said.some((value) => value > MAX_PRIORITY)) {
    throw new DecodeError("malformed", "a priority above 255");
  }
}

const MAX_VALUE = 2n ** 64n - 1n;

function invalid(reason: string): Outcome<never, Refusal> {
  return refused({ kind: "invalid_filter", reason: `invalid filter: ${reason}` });
}
