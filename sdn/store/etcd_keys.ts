import type { DrainOrder, Life, RelayRecord, Tombstone, TrackState } from "../registry/mod.ts";
import {
  drainFromText,
  drainToText,
  nameFromKey,
  nameToKey,
  recordFromText,
  recordToText,
} from "./rows.ts";
import type { Timeline } from "./types.ts";

/** One key with its value, as etcd's gateway writes it. */
export interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

/** What a key is about. */
export type KeyName =
  | { readonly kind: "relay"; readonly relay: string }
  | { readonly kind: "end"; readonly relay: string }
  | { readonly kind: "track"; readonly relay: string; readonly track: string };

/** Keys and values in etcd: below one prefix, a key for each relay, each track and each end. */
export class EtcdKeys {
  readonly #prefix: string;
  readonly #timeline: Timeline;

  constructor(prefix: string, timeline: Timeline) {
    this.#prefix = prefix;
    this.#timeline = timeline;
  }

  /** All of it, as the bounds of a range. */
  get everything() {
    return rangeBelow(this.#prefix);
  }

  /** Every track of a relay, as the bounds of a range. */
  tracksOf(relay: string) {
    return rangeBelow(`${this.#prefix}track/${nameToKey(relay)}`);
  }

  /** The key of something, in base64. */
  key(name: KeyName): string {
    const track = name.kind === "track" ? name.track : "";
    return toBase64(`${this.#prefix}${name.kind}/${nameToKey(name.relay)}${track}`);
  }

  /** What a key is about; `undefined` for one that this program did not make. */
  parse(key: string): KeyName | undefined {
    const text = fromBase64(key).slice(this.#prefix.length);
    // A name in its quotes holds no other quote that is not escaped.
    const [, kind, quoted, track = ""] = /^(\w+)\/("(?:[^"\\]|\\.)*")(.*)$/s.exec(text) ?? [];
    if (quoted === undefined) return undefined;
    const relay = nameFromKey(quoted);
    if (kind === "track") return { kind, relay, track };
    return kind === "relay" || kind === "end" ? { kind, relay } : undefined;
  }

  /** A relay as the value of its key, in base64. */
  relayValue({ record, drain }: { record: RelayRecord; drain?: DrainOrder }): string {
    return pack([recordToText(record), drain === undefined ? null : drainToText(drain)]);
  }

  /** Reads a relay back; throws when it is none. */
  readRelay(value: string): { record: RelayRecord; drain?: DrainOrder } {
    const [text, drain] = unpack<[string, string | null]>(value);
    const record = recordFromText(text);
    expectLife(record.version);
    return { record, ...(drain && { drain: drainFromText(drain) }) };
  }

  /** The newest word about a track as the value of its key, in base64. */
  trackValue({ version, present, registeredAt }: TrackState): string {
    const since = present ? this.#timeline.toWall(registeredAt) : 0;
    return pack({ version, present, registered: since });
  }

  /** Reads a word about a track back; throws when it is none. */
  readTrack(value: string): TrackState {
    type Row = Pick<TrackState, "version" | "present"> & { registered: number };
    const { version, present, registered } = unpack<Row>(value);
    expectLife(version);
    const registeredAt = present ? this.#timeline.fromWall(registered) : 0;
    return { version, present, registeredAt };
  }

  /** A relay's end as the value of its key, in base64. */
  endValue(end: Tombstone): string {
    return pack({ ...end, endedAt: this.#timeline.toWall(end.endedAt) });
  }

  /** Reads an end back; throws when it is none. */
  readEnd(value: string): Tombstone {
    const end = unpack<Tombstone>(value);
    expectLife(end.life);
    return { ...end, endedAt: this.#timeline.fromWall(end.endedAt) };
  }
}

/** The first key that can come after this one. */
export function keyAfter(key: string): string {
  return new Uint8Array([...Uint8Array.fromBase64(key), 0]).toBase64();
}

/** What has a life in its place was written by a controller. */
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
