import { configureSync, getLogger, type Logger, type LogRecord } from "@logtape/logtape";
import { printable } from "./printable.ts";

/** Log levels, from the most verbose on. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = typeof LOG_LEVELS[number];

/**
 * The fields of a message. Untrusted values are allowed: text is made printable and cut, an error
 * is its message, undefined is omitted.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** A logger. The message is constant text; what varies is a field. */
export interface Log {
  /** Details for debugging. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator may ask about later. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong, and the program continues. */
  warn(message: string, fields?: LogFields): void;
  /** An internal error. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every message. */
  with(fields: LogFields): Log;
}

/** The destination and format of the process's log. */
export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  /** `human` is text to read, `json` one JSON object per line. */
  readonly format: "human" | "json";
  /** Writes one line, its newline included. Must not throw. */
  readonly write: (line: string, level: LogLevel) => void;
}

/** Long enough for a reason phrase, short enough that a peer cannot fill a disk with one session. */
const MAX_TEXT = 1024;

/** Opens the process's log. There is only one: opening another closes the first. */
export function openLog(options: LogOptions): Log {
  const format = options.format === "json" ? jsonLine : humanLine;
  configureSync({
    reset: true,
    sinks: { out: (record) => options.write(format(record), levelName(record)) },
    loggers: [
      { category: "qumo", sinks: ["out"], lowestLevel: logtapeLevel(options.level) },
      // LogTape's own messages; at `info` it prints a greeting.
      { category: ["logtape", "meta"], sinks: ["out"], lowestLevel: "warning" },
    ],
  });
  return new LogtapeLog(getLogger("qumo"));
}

class LogtapeLog implements Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  debug(message: string, fields?: LogFields): void {
    this.#logger.debug(verbatim(message), fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#logger.info(verbatim(message), fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#logger.warn(verbatim(message), fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#logger.error(verbatim(message), fields);
  }

  with(fields: LogFields): Log {
    return new LogtapeLog(this.#logger.with(fields));
  }
}

// LogTape replaces `{name}` in messages by fields.
function verbatim(message: string): string {
  return message.replaceAll("{", "{{").replaceAll("}", "}}");
}

function logtapeLevel(level: LogLevel) {
  return level === "warn" ? "warning" : level;
}

function levelName({ level }: LogRecord): LogLevel {
  if (level === "warning") return "warn";
  if (level === "trace") return "debug";
  return level === "fatal" ? "error" : level;
}

function messageOf(record: LogRecord): string {
  return printable(record.message.map(String).join(""), MAX_TEXT);
}

function jsonLine(record: LogRecord): string {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record.properties)) {
    if (value !== undefined) fields[name] = plain(value);
  }
  const time = new Date(record.timestamp).toISOString();
  const head = { time, level: levelName(record), message: messageOf(record) };
  // The standard fields come first, and have precedence over fields of the same name.
  return `${JSON.stringify({ ...head, ...fields, ...head })}\n`;
}

function humanLine(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString().slice(11, 23);
  let line = `${time} ${levelName(record).toUpperCase().padEnd(5)} ${messageOf(record)}`;
  for (const [name, value] of Object.entries(record.properties)) {
    if (value !== undefined) line += ` ${name}=${inline(plain(value))}`;
  }
  return `${line}\n`;
}

// A value without quotes is easier to read and to search.
function inline(value: string | number | boolean): string {
  return typeof value === "string" && !/^[\w.:/@+-]+$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}

function plain(value: unknown): string | number | boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return printable(value instanceof Error ? value.message : String(value), MAX_TEXT);
}
