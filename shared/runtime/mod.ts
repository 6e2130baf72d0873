/** What every program needs and no program owns: time, background work, outcomes. */
export { type Clock, ManualClock, sleep, systemClock, type Timer } from "./clock.ts";
export { done, type Outcome, type Refused, refused } from "./outcome.ts";
export { type FailureHandler, TaskGroup } from "./tasks.ts";
