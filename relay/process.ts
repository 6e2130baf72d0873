import type { ConfigAccess, FileAccess, Process as AnyProcess } from "@qumo/shared/runtime";
import type { Usage } from "./ops/process_families.ts";

/** What the operating system and the runtime give to the relay. */
export interface Process extends AnyProcess, ConfigAccess, FileAccess {
  /** Whether Deno's QUIC is switched on. */
  readonly hasQuic: boolean;
  /** The machine's name. */
  readonly hostname: () => string;
  readonly usage: () => Usage;
}
