import type { Clock } from "./clock.ts";
import type { LogLevel } from "./log.ts";

/** An output stream of the process, and whether it is a terminal. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** The signals that a program handles. */
export type ProcessSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The interface to the operating system and the runtime. */
export interface Process {
  /** The version of Deno. */
  readonly deno: string;
  readonly clock: Clock;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Passes a log line to the runtime's OpenTelemetry exporter. */
  readonly exportLine: (level: LogLevel, line: string) => void;
  /** Registers a handler of a signal, if the system has that signal. */
  readonly onSignal: (signal: ProcessSignal, act: () => void) => void;
  /** Exits the process at once. */
  readonly exit: (code: number) => void;
}

// A program started by `deno task` receives Ctrl-C twice: from the terminal and from the task.
const SAME_SIGNAL_MS = 200;

/** Writes the whole text to a stream of the process, synchronously. */
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
        // The stream's reader is gone, which is no reason to stop.
      }
    },
  };
}

/** Resolves at the first stop signal; the second one exits at once. */
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
