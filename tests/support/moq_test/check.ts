import { equalBytes, ObjectStatus } from "@qumo/shared/wire";
import { groupsOf, objectsOf, type TestObject } from "./objects.ts";
import type { TestTrack } from "./track.ts";

/** An object of a track as it arrived, in the order of arrival. */
export interface ArrivedObject {
  readonly group: bigint;
  readonly subgroup: bigint | undefined;
  readonly object: number;
  readonly status: number;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  readonly priority: number | undefined;
}

/** Which objects were asked for; the end is the last that is wanted. */
export interface TestRange {
  readonly start: { readonly group: number; readonly object: number };
  readonly end: { readonly group: number; readonly object: number };
}

/** What the track's objects have to look like at the end of a subscription. */
export function expectedOf(track: TestTrack, range?: TestRange): TestObject[] {
  const objects: TestObject[] = [];
  for (const group of groupsOf(track)) {
    for (const object of objectsOf(track, group)) {
      if (range === undefined || isWithin(object, range)) objects.push(object);
    }
  }
  return objects;
}

function isWithin({ group, object }: TestObject, { start, end }: TestRange): boolean {
  if (group < start.group || (group === start.group && object < start.object)) return false;
  return group < end.group || (group === end.group && object <= end.object);
}

/**
 * Compares what a subscription brought with what is on the track: each object once, as its publisher
 * wrote it, and in order within its subgroup. Returns what is wrong, one sentence for each thing.
 */
export function checkSubscription(
  expected: readonly TestObject[],
  arrived: readonly ArrivedObject[],
): string[] {
  return [...compare(expected, arrived), ...outOfOrder(arrived)];
}

/**
 * Compares what a fetch brought with what is on the track. A fetch has no status, so it brings no
 * marks of a group's end; it has no defaults, so priorities are `defaultPriority` where the track's
 * objects say nothing; and all its objects come in one order.
 */
export function checkFetch(
  expected: readonly TestObject[],
  arrived: readonly ArrivedObject[],
  defaultPriority: number,
): string[] {
  const normal = expected
    .filter(({ status }) => status === ObjectStatus.NORMAL)
    .map((object) => ({ ...object, priority: object.priority ?? defaultPriority }));
  const problems = compare(normal, arrived);
  const order = arrived.map(placeOf).join(" ");
  const wanted = normal.map(placeOf).join(" ");
  if (problems.length === 0 && order !== wanted) problems.push(`The order is ${order}`);
  return problems;
}

function compare(expected: readonly TestObject[], arrived: readonly ArrivedObject[]): string[] {
  const problems: string[] = [];
  const left = new Map(expected.map((object) => [placeOf(object), object]));
  const seen = new Set<string>();
  for (const object of arrived) {
    const place = placeOf(object);
    const wanted = left.get(place);
    if (seen.has(place)) problems.push(`${place} arrived twice`);
    else if (wanted === undefined) problems.push(`${place} is not on the track`);
    else problems.push(...differences(wanted, object).map((what) => `${place}: ${what}`));
    seen.add(place);
    left.delete(place);
  }
  for (const place of left.keys()) problems.push(`${place} is missing`);
  return problems;
}

function differences(wanted: TestObject, arrived: ArrivedObject): string[] {
  const subgroup = wanted.subgroup === undefined ? undefined : BigInt(wanted.subgroup);
  const problems: string[] = [];
  const expect = (what: string, wanted: unknown, arrived: unknown) => {
    if (wanted !== arrived) problems.push(`${what} is ${arrived} instead of ${wanted}`);
  };
  expect("the subgroup", subgroup, arrived.subgroup);
  expect("the status", wanted.status, arrived.status);
  expect("the priority", wanted.priority, arrived.priority);
  expect("the length of the payload", wanted.payload.length, arrived.payload.length);
  if (!equalBytes(wanted.payload, arrived.payload)) problems.push("the payload is another");
  if (!equalBytes(wanted.properties, arrived.properties)) {
    problems.push("the properties are others");
  }
  return problems;
}

function outOfOrder(arrived: readonly ArrivedObject[]): string[] {
  const problems: string[] = [];
  const latest = new Map<string, number>();
  for (const object of arrived) {
    if (object.subgroup === undefined) continue;
    const subgroup = `${object.group}/${object.subgroup}`;
    const before = latest.get(subgroup) ?? -1;
    if (object.object < before) problems.push(`${placeOf(object)} arrived after ${before}`);
    latest.set(subgroup, object.object);
  }
  return problems;
}

function placeOf({ group, object }: { group: number | bigint; object: number }): string {
  return `${group}/${object}`;
}
