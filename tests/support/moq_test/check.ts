import { ObjectStatus } from "@qumo/shared/wire";
import { createHash } from "node:crypto";
import type { TestObject } from "./objects.ts";

/**
 * Compares what a subscription brought with what is on the track: each object once, as its publisher
 * wrote it, and in order within its subgroup. Returns what is wrong, one sentence for each thing.
 */
export function checkSubscription(
  expected: readonly TestObject[],
  arrived: readonly TestObject[],
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
  arrived: readonly TestObject[],
  defaultPriority: number,
): string[] {
  const normal = expected
    .filter(({ status }) => status === ObjectStatus.NORMAL)
    .map((object) => ({ ...object, priority: object.priority ?? defaultPriority }));
  const problems = compare(normal, arrived);
  const order = arrived.map(placeOf).join(" ");
  if (problems.length === 0 && order !== normal.map(placeOf).join(" ")) {
    problems.push(`The order is ${order}`);
  }
  return problems;
}

function compare(expected: readonly TestObject[], arrived: readonly TestObject[]): string[] {
  const [wanted, came] = [expected.map(inWords), arrived.map(inWords)];
  return [
    ...came.filter((object, at) => came.indexOf(object) < at).map((one) => `twice: ${one}`),
    ...new Set(came).difference(new Set(wanted)).values().map((one) => `not on the track: ${one}`),
    ...new Set(wanted).difference(new Set(came)).values().map((one) => `missing: ${one}`),
  ];
}

/** All of an object; of the payload its length and digest. */
function inWords({ subgroup, status, priority, properties, payload, ...place }: TestObject) {
  const digest = createHash("sha256").update(payload).digest("hex").slice(0, 16);
  const rest = [status, priority, properties.toHex(), payload.length, digest];
  return `${placeOf(place)} of subgroup ${subgroup}: ${rest.join(" ")}`;
}

function outOfOrder(arrived: readonly TestObject[]): string[] {
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

function placeOf({ group, object }: Pick<TestObject, "group" | "object">): string {
  return `${group}/${object}`;
}
