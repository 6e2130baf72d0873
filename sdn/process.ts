import type { Clock } from "@qumo/shared/runtime";

/** Where a program writes, and whether a person reads it. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** What the operating system and the runtime give to the controller. */
export interface Process {
  /** The version of Deno. */
  readonly deno: string;
  readonly clock: Clock;
  readonly readText: (path: string) => Promise<string>;
  readonly environment: (name: string) => string | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls `act` whenever the signal comes, where the system has it. */
  readonly onSignal: (signal: "SIGINT" | "SIGTERM", act: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}
