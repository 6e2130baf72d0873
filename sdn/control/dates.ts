import type { Timeline } from "../store/types.ts";

/** Writes a moment on the running clock as a date. */
export type ToDate = (time: number) => string;

/** Dates as the API shows them. One is remembered: heartbeats ask for the same many times at once. */
export function datesOf(timeline: Timeline): ToDate {
  let last = { wall: NaN, text: "" };
  return (time) => {
    const wall = Math.trunc(timeline.toWall(time));
    if (wall !== last.wall) last = { wall, text: new Date(wall).toISOString() };
    return last.text;
  };
}
