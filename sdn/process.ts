import type { ConfigAccess, FileAccess, Process as AnyProcess } from "@qumo/shared/runtime";
import type { Usage } from "./process_metrics.ts";

/** What the operating system and the runtime give to the controller. */
export interface Process extends AnyProcess, ConfigAccess, FileAccess {
  readonly usage: () => Usage;
}
