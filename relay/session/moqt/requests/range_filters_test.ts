import { draftOf, NO_PROPERTIES, type Parameters, type RangeFilterName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { MAX_FILTER_RANGES } from "../../limits.ts";
import { RangeFilters } from "./range_filters.ts";

const { varint, data: { properties: form } } = draftOf("moqt-20")!;

type Message = Parameters<RangeFilterName>;

const bytes = (...list: readonly number[]) => Uint8Array.from(list);

function filtersOf(message: Message): RangeFilters {
  const filters = RangeFilters.NONE.after(message, varint);
  assert.ok(filters.ok, "a valid filter");
  return filters.value;
}

/** Which of these objects pass: subgroup, priority, id, and the value of property 0x0c. */
function passing(message: Message, ...objects: readonly (readonly number[])[]): number[] {
  const filter = filtersOf(message).of(new Map());
  assert.ok(typeof filter !== "string");
  return objects.flatMap(([subgroup, priority, id, value], index) => {
    const left = filter.of(BigInt(subgroup!), priority!);
    const properties = value === undefined ? NO_PROPERTIES : bytes(0x0c, value);
    const isIn = typeof left === "boolean" ? left : left.passes(id!, { bytes: properties, form });
    return isIn ? [index] : [];
  });
}

Deno.test("a filter of one field passes what lies in one of its ranges", () => {
  const objects = [[1, 9, 0], [3, 9, 0], [5, 9, 0], [6, 9, 0], [10, 9, 0], [16, 9, 0]];
  const ranges = bytes(0, 3, 2, 5, 5);
  assert.deepEqual(passing({ subgroupFilters: [ranges] }, ...objects), [1, 2, 4]);
  const swapped = objects.map(([value, priority]) => [0, priority!, value!]);
  assert.deepEqual(passing({ objectIdFilters: [ranges] }, ...swapped), [1, 2, 4]);
  const ranked = objects.map(([value]) => [0, value!, 0]);
  assert.deepEqual(passing({ priorityFilters: [ranges] }, ...ranked), [1, 2, 4]);
  const valued = objects.map(([value]) => [0, 9, 0, value!]);
  const ofProperty = bytes(0, 0x0c, 3, 2, 5, 5);
  assert.deepEqual(passing({ objectPropertyFilters: [ofProperty] }, ...valued, [0, 9, 0]), [
    1,
    2,
    4,
  ]);
});

Deno.test("filters of one set must all pass, and of several sets one", () => {
  const message = {
    subgroupFilters: [bytes(0, 1, 0), bytes(1, 2, 0)],
    objectIdFilters: [bytes(0, 0, 4)],
  };
  const objects = [[1, 0, 4], [1, 0, 5], [2, 0, 5], [3, 0, 4]];
  assert.deepEqual(passing(message, ...objects), [0, 2]);
});

Deno.test("filters of tracks choose the sets that count for a track", () => {
  const filters = filtersOf({
    trackPropertyFilters: [bytes(0, 0x0c, 1, 1), bytes(1, 0x0c, 5)],
    subgroupFilters: [bytes(0, 0, 0)],
  });
  const of = (value: bigint) => filters.of(new Map([[0x0cn, value]]));
  assert.equal(of(0n), "nothing");
  assert.equal(filters.of(new Map()), "nothing");
  assert.equal(of(9n), "all");
  const some = of(2n);
  assert.ok(typeof some !== "string");
  assert.deepEqual([some.of(0n, 0), some.of(1n, 0)], [true, false]);
});

Deno.test("a message replaces the filters of a kind whole, and an empty one removes them", () => {
  const before = filtersOf({
    subgroupFilters: [bytes(0, 1, 0)],
    objectIdFilters: [bytes(0, 2, 0)],
  });
  const removed = before.after({ objectIdFilters: [bytes()] }, varint);
  assert.ok(removed.ok);
  const filter = removed.value.of(new Map());
  assert.ok(typeof filter !== "string");
  assert.deepEqual([filter.of(1n, 0), filter.of(2n, 0)], [true, false]);
  const replaced = removed.value.after({ subgroupFilters: [bytes(3, 2, 0)] }, varint);
  assert.ok(replaced.ok);
  const other = replaced.value.of(new Map());
  assert.ok(typeof other !== "string");
  assert.deepEqual([other.of(1n, 0), other.of(2n, 0)], [false, true]);
  const none = replaced.value.after({ subgroupFilters: [bytes()] }, varint);
  assert.ok(none.ok);
  assert.equal(none.value.of(new Map()), "all");
});

Deno.test("equal filters have one key, in whatever order they come", () => {
  const keyOf = (message: Message) => {
    const filter = filtersOf(message).of(new Map());
    assert.ok(typeof filter !== "string");
    return filter.key;
  };
  const one = { objectIdFilters: [bytes(0, 1, 1), bytes(4, 2, 2)] };
  const other = { objectIdFilters: [bytes(9, 2, 2), bytes(3, 1, 1)] };
  assert.equal(keyOf(one), keyOf(other));
  assert.notEqual(keyOf(one), keyOf({ objectIdFilters: [bytes(0, 1, 1)] }));
});

const INVALID: [string, Message][] = [
  ["a property that is no number", { objectPropertyFilters: [bytes(0, 0x0b, 1, 1)] }],
  ["a property of tracks that is none", { trackPropertyFilters: [bytes(0, 0x0d, 1, 1)] }],
  ["a priority above 255", { priorityFilters: [bytes(0, 0, 0x81, 0)] }],
  ["a priority that begins above 255", { priorityFilters: [bytes(0, 0x81, 0)] }],
  ["the same kind twice in a set", { subgroupFilters: [bytes(1, 1, 1), bytes(1, 4, 1)] }],
  ["the same property twice in a set", {
    objectPropertyFilters: [bytes(1, 2, 1), bytes(1, 2, 4)],
  }],
  ["no range", { objectIdFilters: [bytes(0)] }],
  ["more ranges than are allowed", {
    objectIdFilters: [bytes(0, ...Array(2 * MAX_FILTER_RANGES + 1).fill(1))],
  }],
];

for (const [name, message] of INVALID) {
  Deno.test(`INVALID_FILTER: ${name}`, () => {
    const filters = RangeFilters.NONE.after(message, varint);
    assert.equal(filters.ok, false);
    assert.equal(!filters.ok && filters.refusal.kind, "invalid_filter");
  });
}

Deno.test("the ranges of a request are counted together, also with those of its updates", () => {
  const half = bytes(0, ...Array(MAX_FILTER_RANGES).fill(1));
  const filters = filtersOf({ objectIdFilters: [half], subgroupFilters: [half] });
  assert.equal(filters.after({ priorityFilters: [bytes(0, 1)] }, varint).ok, false);
  assert.equal(filters.after({ objectIdFilters: [half] }, varint).ok, true);
});
