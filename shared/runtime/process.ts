import type { Clock } from "./clock.ts";
import type { LogLevel } from "./log.ts";

/** Where a program writes, and whether a person reads it. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** The signals that a program answers. */
export type ProcessSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** What every program gets from the operating system and the runtime. */
export interface Process {
  /** The version of Deno. */
  readonly deno: string;
  readonly clock: Clock;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Gives a line of the log to the runtime's OpenTelemetry exporter. */
  readonly exportLine: (level: LogLevel, line: string) => void;
  /** Calls `act` at each such signal, where the system has it. */
  readonly onSignal: (signal: ProcessSignal, act: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

// Ctrl-C reaches a program that `deno task` started twice: from the terminal and from the task.
const SAME_SIGNAL_MS = 200;

/** Writes text to a stream of the process, all of it before it returns. */
export function output(
  stream: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number },
): Output {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    write(text) {
      let left = encoder.encode(text);
      try {
        while (left.length > 0) left = left.subarray(stream.writeSync(left));
      } catch {
        // The reader of the stream is gone, which is no reason to stop.
      }
    },
  };
}

/** Resolves at the first signal to stop; the second ends the process at once. */
export function stopSignal({ clock, onSignal, exit }: Process): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let since: number | undefined;
  const stop = () => {
    const now = clock.now();
    if (since !== undefined && now - since > SAME_SIGNAL_MS) exit(1);
    since ??= now;
    resolve();
  };
  onSignal("SIGINT", stop);
  onSignal("SIGTERM", stop);
  return promise;
}
