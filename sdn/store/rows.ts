import type { DrainOrder, Link, RelayRecord, Version } from "../registry/mod.ts";

/** Writes a record as the text of one column. */
export function recordToText(record: RelayRecord): string {
  return JSON.stringify({ ...record, links: [...record.links] });
}

/** Reads a record back. */
export function recordFromText(text: string): RelayRecord {
  const row = JSON.parse(text) as Omit<RelayRecord, "links"> & { links: [string, Link][] };
  return { ...row, links: new Map(row.links) };
}

/** Writes a drain order as the text of one column. */
export function drainToText(order: DrainOrder): string {
  return JSON.stringify(order);
}

/** Reads a drain order back. */
export function drainFromText(text: string): DrainOrder {
  return JSON.parse(text) as DrainOrder;
}

/** A relay's name as a key. SQLite ends a text at a zero character; JSON writes that one out. */
export function nameToKey(name: string): string {
  return JSON.stringify(name);
}

/** Reads a relay's name back. */
export function nameFromKey(key: string): string {
  return JSON.parse(key) as string;
}

/** The version that four columns hold. */
export function versionOf(row: Record<string, unknown>): Version {
  return {
    epoch: Number(row.epoch),
    number: Number(row.number),
    seq: Number(row.seq),
    by: String(row.by),
  };
}
