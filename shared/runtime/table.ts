import { printable } from "./printable.ts";

/** The most characters of a value that a table shows. */
const MAX_SHOWN = 200;

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  /** The text of a row; undefined for nothing known. */
  readonly of: (row: T) => string | number | undefined;
  /** Numbers are aligned to the right. */
  readonly isNumber?: boolean;
}

/** A table for people, with a line of titles; nothing in it can change what a terminal shows. */
export function tableText<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const texts = rows.map((row) =>
    columns.map(({ of }) => printable(String(of(row) ?? "-"), MAX_SHOWN))
  );
  const titles = columns.map(({ title }) => title.toUpperCase());
  const widths = titles.map((title, column) =>
    texts.reduce((most, row) => Math.max(most, width(row[column]!)), title.length)
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => {
      const space = " ".repeat(widths[column]! - width(cell));
      return columns[column]!.isNumber ? space + cell : cell + space;
    }).join("  ").trimEnd();
  return `${[titles, ...texts].map(line).join("\n")}\n`;
}

// Of scripts whose characters take two places, the columns are not straight, and still readable.
function width(text: string): number {
  return [...text].length;
}

/** A bit rate as people read it. */
export function bitRate(bitsPerSecond: number | undefined): string | undefined {
  if (bitsPerSecond === undefined) return undefined;
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  let value = bitsPerSecond;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** A number with at most two digits behind the point. */
export function short(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(Math.round(value * 100) / 100);
}

/** How long ago something was. */
export function ago(time: string | undefined, now: number): string | undefined {
  if (time === undefined) return undefined;
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1_000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3_600)}h`;
}

/** A number of things, of which there may be one: `1 relay`, `2 relays`. */
export function many(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
