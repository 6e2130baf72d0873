import type { AccessEntry, DrainOrder, Link, RelayRecord, Version } from "../registry/mod.ts";

/** Serializes a record for one column. */
export function recordToText(record: RelayRecord): string {
  return JSON.stringify({ ...record, links: [...record.links] });
}

/** Parses a record. */
export function recordFromText(text: string): RelayRecord {
  const row = JSON.parse(text) as Omit<RelayRecord, "links"> & { links: [string, Link][] };
  return { ...row, links: new Map(row.links) };
}

/** Serializes a drain order for one column. */
export function drainToText(order: DrainOrder): string {
  return JSON.stringify(order);
}

/** Parses a drain order. */
export function drainFromText(text: string): DrainOrder {
  return JSON.parse(text) as DrainOrder;
}

/** Serializes an entry about access for one column. */
export function accessToText(entry: AccessEntry): string {
  return JSON.stringify(entry);
}

/** Parses an entry about access. */
export function accessFromText(text: string): AccessEntry {
  return JSON.parse(text) as AccessEntry;
}

/** A relay's name as a key: JSON, since SQLite truncates a text at a NUL character. */
export function nameToKey(name: string): string {
  return JSON.stringify(name);
}

/** Parses a relay's name. */
export function nameFromKey(key: string): string {
  return JSON.parse(key) as string;
}

/** The version in four columns of a row. */
export function versionOf(row: Record<string, unknown>): Version {
  return {
    epoch: Number(row.epoch),
    number: Number(row.number),
    seq: Number(row.seq),
    by: String(row.by),
  };
}
