import type { Clock } from "@qumo/shared/runtime";
import type { FileAccess } from "./certificate.ts";
import type { Usage } from "./ops/process_families.ts";

/** Where a program writes, and whether a person reads it. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** What the operating system and the runtime give to the relay. */
export interface Process {
  /** The version of Deno. */
  readonly deno: string;
  /** Whether Deno's QUIC is switched on. */
  readonly hasQuic: boolean;
  readonly clock: Clock;
  readonly files: FileAccess;
  readonly usage: () => Usage;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls `act` whenever the signal comes, where the system has it. */
  readonly onSignal: (signal: "SIGINT" | "SIGTERM" | "SIGHUP", act: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}
