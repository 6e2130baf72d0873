import type { Timeline } from "../store/types.ts";

/** Formats a time of the running clock as an ISO 8601 date. */
export type ToDate = (time: number) => string;

/**
 * Dates as the API returns them. The last one is cached: heartbeats ask for the same times many
 * times at once.
 */
export function datesOf(timeline: Timeline): ToDate {
  let last = { wall: NaN, text: "" };
  return (time) => {
    const wall = Math.trunc(timeline.toWall(time));
    if (wall !== last.wall) last = { wall, text: new Date(wall).toISOString() };
    return last.text;
  };
}
