import type { Quota } from "../vocabulary/mod.ts";
import type { Bearer } from "./present.ts";
import type { Denial } from "./denial.ts";

const DENIAL: Denial = { kind: "excessive_load", reason: "the tenant uses more than it may" };

/** Ends so large a part of what uses a quota, what came last first; returns how much that is. */
export function endNewest(sessions: Iterable<Bearer>, quota: Quota, part: number): number {
  if (quota === "sessions") {
    const newest = [...sessions].sort((a, b) => b.session - a.session);
    return ended(newest, part, (bearer) => bearer.expel(DENIAL));
  }
  const isSent = quota === "tracks" || quota === "ingress";
  const newest = [...sessions].flatMap((bearer) => bearer.requests)
    .filter((request) => isSent ? request.publishes : request.receives)
    .sort((a, b) => b.number - a.number);
  return ended(newest, part, (request) => request.cut(DENIAL));
}

function ended<T>(newest: readonly T[], part: number, end: (one: T) => unknown): number {
  const count = Math.min(newest.length, Math.ceil(newest.length * part));
  for (const one of newest.slice(0, count)) end(one);
  return count;
}
