import type { z } from "zod";
import { section } from "./config_section.ts";
import { oneOf, yesNo } from "./config_values.ts";
import { LOG_LEVELS } from "./log.ts";

/** The sections that every program has. */
export const programSettings = {
  log: section({
    level: oneOf(...LOG_LEVELS).default("info"),
    /** `auto` is `human` on a terminal and `json` elsewhere. */
    format: oneOf("auto", "human", "json").default("auto"),
  }),
  /** What leaves by the runtime's OpenTelemetry exporter, where that is on. */
  telemetry: section({
    /** Gives it spans of sessions or requests, and the lines of the log. */
    enabled: yesNo().default(false),
  }),
};

/** What of its configuration a program is started with. */
export type ProgramConfig = {
  readonly [Name in keyof typeof programSettings]: z.output<(typeof programSettings)[Name]>;
};
