import type { ConfigAccess, FileAccess, Process as AnyProcess } from "@qumo/shared/runtime";
import type { Usage } from "./ops/snapshot.ts";

/** The relay's interface to the operating system and the runtime. */
export interface Process extends AnyProcess, ConfigAccess, FileAccess {
  /** Whether Deno's QUIC API is enabled. */
  readonly hasQuic: boolean;
  /** The host name of the machine. */
  readonly hostname: () => string;
  readonly usage: () => Usage;
  /** Binds a port for a moment; the reason why that does not work, or undefined. */
  readonly tryBind: (kind: "udp" | "tcp", address: string) => string | undefined;
}
