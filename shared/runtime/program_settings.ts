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
  /** Telemetry through the runtime's OpenTelemetry exporter, where that is enabled. */
  telemetry: section({
    /** Exports spans of sessions or requests, and the log. */
    enabled: yesNo().default(false),
  }),
};

/** The sections of a configuration that every program has. */
export type ProgramConfig = {
  readonly [Name in keyof typeof programSettings]: z.output<(typeof programSettings)[Name]>;
};

/** The keys of {@linkcode programSettings} that a running program takes anew. */
export const LIVE_LOG_KEYS = ["log.level", "log.format"] as const;
