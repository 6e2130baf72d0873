import type { Clock } from "@qumo/shared/runtime";
import type { Timeline } from "./types.ts";

/** The timeline of a clock whose wall-clock time is right now. */
export function timelineOf(clock: Clock): Timeline {
  const start = clock.wall() - clock.now();
  return { toWall: (time) => start + time, fromWall: (wall) => wall - start };
}
