import {
  type AccessEntry,
  accessKey,
  type DrainOrder,
  type Kept,
  type RelayRecord,
  type RelayState,
  type Tombstone,
  type TrackState,
} from "../registry/mod.ts";
import type { EtcdKeys, KeyName, KeyValue, WrittenKick, WrittenUsage } from "./etcd_keys.ts";
import type { Stored } from "./types.ts";

/** A living relay in etcd. */
export interface MirroredRelay {
  readonly record: RelayRecord;
  readonly drain?: DrainOrder;
  /** The etcd revision of its key's last change. */
  readonly modified: number;
  readonly lease: string;
}

/** What a key of etcd is about. */
export type About =
  | {
    readonly relay: string;
    readonly track?: string;
    readonly access?: undefined;
    readonly notice?: undefined;
  }
  | { readonly access: string; readonly notice?: undefined }
  | { readonly notice: string; readonly access?: undefined };

/** What another controller said, with the etcd revision at which it did. */
export type Notice =
  & { readonly modified: number }
  & (
    | { readonly kind: "kick" } & WrittenKick
    | { readonly kind: "usage"; readonly relay: string } & WrittenUsage
  );

type NoticeName = Extract<KeyName, { kind: "kick" | "usage" }>;

/** A local copy of etcd's content as far as its changes have arrived, in etcd's order. */
export class EtcdMirror {
  readonly #keys: EtcdKeys;
  readonly #relays = new Map<string, MirroredRelay>();
  readonly #tracks = new Map<string, Map<string, TrackState>>();
  readonly #ends = new Map<string, Tombstone>();
  readonly #access = new Map<string, { readonly entry: AccessEntry; readonly modified: number }>();

  /** What controllers tell each other, by key. */
  readonly notices = new Map<string, Notice>();

  constructor(keys: EtcdKeys) {
    this.#keys = keys;
  }

  /** What is known about access, with the etcd revision of each key's last change. */
  get access(): ReadonlyMap<string, { readonly entry: AccessEntry; readonly modified: number }> {
    return this.#access;
  }

  /** The relay of this name, if it lives. */
  relay(name: string): MirroredRelay | undefined {
    return this.#relays.get(name);
  }

  /** The statements about a relay's tracks, the oldest first. */
  tracks(name: string): ReadonlyMap<string, TrackState> {
    return this.#tracks.get(name) ?? new Map();
  }

  /** The tombstone of a deregistered relay, if there is one. */
  end(name: string): Tombstone | undefined {
    return this.#ends.get(name);
  }

  /** The names of all relays with any key. */
  names(): Set<string> {
    return new Set([...this.#relays.keys(), ...this.#tracks.keys(), ...this.#ends.keys()]);
  }

  /**
   * Applies a key's new value or its deletion. Returns the relay and track, or the key of what is known about access;
   * `undefined` for a key or value that no controller wrote, which is ignored.
   */
  take(pair: KeyValue, isGone: boolean): About | undefined {
    try {
      const name = this.#keys.parse(pair.key);
      if (name === undefined) return undefined;
      const value = isGone ? undefined : pair.value ?? "";
      if (name.kind === "access") {
        this.#takeAccess(name.access, value, pair);
        return name;
      }
      if (name.kind === "kick" || name.kind === "usage") {
        this.#takeNotice(name, value, pair);
        return { notice: pair.key };
      }
      const { relay } = name;
      if (name.kind === "relay") this.#takeRelay(relay, value, pair);
      else if (name.kind === "end") this.#takeEnd(relay, value);
      else this.#takeTrack(relay, name.track, value);
      return { relay, ...(name.kind === "track" && { track: name.track }) };
    } catch {
      return undefined;
    }
  }

  /** A living relay's state in force. */
  kept(name: string): Kept | undefined {
    const relay = this.#relays.get(name);
    if (relay === undefined) return undefined;
    const { record, drain } = relay;
    return { record, ...(drain && { drain }), tracks: this.tracks(name) };
  }

  /** The whole content, for the registry's start. */
  stored(revision: number): Stored {
    const relays = [...this.#relays.values()].map(({ record, drain }): RelayState => {
      const { name, version: { epoch, number, seq } } = record;
      const own = [...this.tracks(name)].filter(([, { version }]) =>
        version.epoch === epoch && version.number === number
      );
      const alive = { record, ...(drain && { drain }), tracks: new Map(own) };
      return { name, life: { epoch, number }, beat: seq, alive };
    });
    const tombstones = [...this.#ends.values()].filter(({ name }) => !this.#relays.has(name));
    const access = [...this.#access.values()].map(({ entry }) => entry);
    return { revision, relays, tombstones, access };
  }

  #takeAccess(key: string, value: string | undefined, pair: KeyValue): void {
    if (value === undefined) return void this.#access.delete(key);
    const entry = this.#keys.readAccess(value);
    if (accessKey(entry) !== key) throw new Error("It is about something else");
    this.#access.set(key, { entry, modified: Number(pair.mod_revision) });
  }

  #takeNotice(name: NoticeName, value: string | undefined, { key, mod_revision }: KeyValue): void {
    if (value === undefined) return void this.notices.delete(key);
    const modified = Number(mod_revision);
    this.notices.set(
      key,
      name.kind === "kick"
        ? { kind: "kick", modified, ...this.#keys.readKick(value) }
        : { ...name, modified, ...this.#keys.readUsage(value) },
    );
  }

  #takeRelay(relay: string, value: string | undefined, pair: KeyValue): void {
    if (value === undefined) return void this.#relays.delete(relay);
    const { mod_revision: modified, lease = "0" } = pair;
    const read = this.#keys.readRelay(value);
    if (read.record.name !== relay) throw new Error("It is another's record");
    this.#relays.set(relay, { ...read, modified: Number(modified), lease });
  }

  #takeEnd(relay: string, value: string | undefined): void {
    if (value === undefined) this.#ends.delete(relay);
    else this.#ends.set(relay, this.#keys.readEnd(value));
  }

  #takeTrack(relay: string, track: string, value: string | undefined): void {
    const state = value === undefined ? undefined : this.#keys.readTrack(value);
    const own = this.#tracks.get(relay) ?? new Map<string, TrackState>();
    // Insert at the end, so that the order is that of age.
    own.delete(track);
    if (state !== undefined) own.set(track, state);
    if (own.size === 0) this.#tracks.delete(relay);
    else this.#tracks.set(relay, own);
  }
}
