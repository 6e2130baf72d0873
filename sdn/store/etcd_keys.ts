import { MAX_TENANTS_PER_RELAY, type TenantUsage } from "@qumo/shared/topology";
import { accessKinds, tenantReportSchema } from "@qumo/shared/topology/access_schemas";
import * as z from "zod";
import type {
  AccessEntry,
  DrainOrder,
  Life,
  RelayRecord,
  Tombstone,
  TrackState,
} from "../registry/mod.ts";
import {
  accessFromText,
  accessToText,
  drainFromText,
  drainToText,
  nameFromKey,
  nameToKey,
  recordFromText,
  recordToText,
} from "./rows.ts";
import type { KickNotice, Timeline } from "./types.ts";

/** A key with its value in the format of etcd's gateway. */
export interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

/** What a key names: a relay, a track, a tombstone, something about access, or a notice. */
export type KeyName =
  | { readonly kind: "relay"; readonly relay: string }
  | { readonly kind: "end"; readonly relay: string }
  | { readonly kind: "track"; readonly relay: string; readonly track: string }
  | { readonly kind: "access"; readonly access: string }
  | { readonly kind: "usage"; readonly relay: string }
  | { readonly kind: "kick"; readonly id: string };

/** A kick with the process that told of it. */
export interface WrittenKick {
  readonly by: string;
  readonly kick: KickNotice;
}

/** What tenants use at a relay, with the process that heard it. */
export interface WrittenUsage {
  readonly by: string;
  /** In milliseconds since 1970. */
  readonly heard: number;
  readonly tenants: readonly TenantUsage[];
}

/** The format of keys and values: below one prefix, a key for each relay, track and tombstone. */
export class EtcdKeys {
  readonly #prefix: string;
  readonly #timeline: Timeline;

  constructor(prefix: string, timeline: Timeline) {
    this.#prefix = prefix;
    this.#timeline = timeline;
  }

  /** The range of all keys. */
  get everything() {
    return rangeBelow(this.#prefix);
  }

  /** The key of the mark that says which format this is. */
  get format() {
    return { key: toBase64(`${this.#prefix}format`) };
  }

  /** The range of a relay's track keys. */
  tracksOf(relay: string) {
    return rangeBelow(`${this.#prefix}track/${nameToKey(relay)}`);
  }

  /** The base64 key of a name. */
  key(name: KeyName): string {
    const track = name.kind === "track" ? name.track : "";
    const own = name.kind === "access" ? name.access : name.kind === "kick" ? name.id : name.relay;
    return toBase64(`${this.#prefix}${name.kind}/${nameToKey(own)}${track}`);
  }

  /** Parses a key; `undefined` for a key in another format. */
  parse(key: string): KeyName | undefined {
    const text = fromBase64(key).slice(this.#prefix.length);
    // The name is a JSON string: a quote inside it is escaped.
    const [, kind, quoted, track = ""] = /^(\w+)\/("(?:[^"\\]|\\.)*")(.*)$/s.exec(text) ?? [];
    if (quoted === undefined) return undefined;
    const relay = nameFromKey(quoted);
    if (kind === "access") return { kind, access: relay };
    if (kind === "kick") return { kind, id: relay };
    if (kind === "track") return { kind, relay, track };
    return kind === "relay" || kind === "end" || kind === "usage" ? { kind, relay } : undefined;
  }

  /** A relay as base64 value. */
  relayValue({ record, drain }: { record: RelayRecord; drain?: DrainOrder }): string {
    return pack([recordToText(record), drain === undefined ? null : drainToText(drain)]);
  }

  /** Parses a relay's value; throws when it is malformed. */
  readRelay(value: string): { record: RelayRecord; drain?: DrainOrder } {
    const [text, drain] = unpack<[string, string | null]>(value);
    const record = recordFromText(text);
    expectLife(record.version);
    return { record, ...(drain && { drain: drainFromText(drain) }) };
  }

  /** The newest statement about a track as base64 value. */
  trackValue({ version, present, registeredAt }: TrackState): string {
    const since = present ? this.#timeline.toWall(registeredAt) : 0;
    return pack({ version, present, registered: since });
  }

  /** Parses a track's value; throws when it is malformed. */
  readTrack(value: string): TrackState {
    type Row = Pick<TrackState, "version" | "present"> & { registered: number };
    const { version, present, registered } = unpack<Row>(value);
    expectLife(version);
    const registeredAt = present ? this.#timeline.fromWall(registered) : 0;
    return { version, present, registeredAt };
  }

  /** An entry about access as base64 value. */
  accessValue(entry: AccessEntry): string {
    return toBase64(accessToText(entry));
  }

  /** Parses an entry about access; throws when it is malformed. */
  readAccess(value: string): AccessEntry {
    const entry = accessFromText(fromBase64(value));
    if (typeof entry.seq !== "number" || typeof entry.id !== "string") {
      throw new Error("There is no statement");
    }
    return entry;
  }

  /** A kick as base64 value. */
  kickValue(written: WrittenKick): string {
    return pack(written);
  }

  /** Parses a kick; throws when it is malformed. */
  readKick(value: string): WrittenKick {
    return kickValueSchema.parse(unpack(value));
  }

  /** What tenants use at a relay as base64 value. */
  usageValue(written: WrittenUsage): string {
    return pack(written);
  }

  /** Parses what tenants use at a relay; throws when it is malformed. */
  readUsage(value: string): WrittenUsage {
    return usageValueSchema.parse(unpack(value));
  }

  /** A tombstone as base64 value. */
  endValue(end: Tombstone): string {
    return pack({ ...end, endedAt: this.#timeline.toWall(end.endedAt) });
  }

  /** Parses a tombstone's value; throws when it is malformed. */
  readEnd(value: string): Tombstone {
    const end = unpack<Tombstone>(value);
    expectLife(end.life);
    return { ...end, endedAt: this.#timeline.fromWall(end.endedAt) };
  }
}

const kickValueSchema = z.object({
  by: z.string(),
  kick: z.object({
    id: z.string(),
    kind: z.enum(accessKinds),
    value: z.string(),
    relay: z.string().optional(),
    reason: z.string().optional(),
  }),
});

const usageValueSchema = z.object({
  by: z.string(),
  heard: z.number(),
  tenants: z.array(tenantReportSchema).max(MAX_TENANTS_PER_RELAY),
});

/** The first key that can come after `key`. */
export function keyAfter(key: string): string {
  return new Uint8Array([...Uint8Array.fromBase64(key), 0]).toBase64();
}

/** A value without a valid life was not written by a controller. */
function expectLife({ epoch, number }: Life): void {
  if (typeof epoch !== "number" || typeof number !== "number") throw new Error("There is no life");
}

function pack(value: unknown): string {
  return toBase64(JSON.stringify(value));
}

function unpack<T>(value: string): T {
  return JSON.parse(fromBase64(value)) as T;
}

function rangeBelow(text: string): { key: string; range_end: string } {
  const end = new TextEncoder().encode(text);
  end[end.length - 1] = end[end.length - 1] as number + 1;
  return { key: toBase64(text), range_end: end.toBase64() };
}

function toBase64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(text));
}
