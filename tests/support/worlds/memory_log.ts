import type { Log, LogFields, LogLevel } from "@qumo/shared/runtime";

/** A log for tests that keeps what was said, and whatever the level, as `info: message` with the fields. */
export function memoryLog(): { log: Log; lines: { text: string; fields: LogFields }[] } {
  const lines: { text: string; fields: LogFields }[] = [];
  const at = (context: LogFields): Log => {
    const say = (level: LogLevel) => (message: string, fields?: LogFields) =>
      void lines.push({ text: `${level}: ${message}`, fields: { ...context, ...fields } });
    return {
      debug: say("debug"),
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      with: (fields) => at({ ...context, ...fields }),
    };
  };
  return { log: at({}), lines };
}
