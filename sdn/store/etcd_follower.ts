import { type Clock, sleep, type TaskGroup } from "@qumo/shared/runtime";
import { type EtcdClient, EtcdError, OUT_OF_RANGE } from "./etcd_client.ts";
import type { EtcdKeys, KeyValue } from "./etcd_keys.ts";
import { listEtcd } from "./etcd_listing.ts";
import { EtcdMirror } from "./etcd_mirror.ts";

/** Intervals of the quorum check, while etcd is healthy and while it is not. */
const PROBE_MS = 1_000;
const PROBE_AGAIN_MS = 250;

/** The delay before a watch that ended is opened again. */
const REOPEN_MS = 100;

interface Watched {
  readonly created?: boolean;
  readonly events?: readonly { readonly type?: "DELETE"; readonly kv: KeyValue }[];
  readonly canceled?: boolean;
}

/** The dependencies of {@linkcode EtcdFollower}. */
export interface EtcdFollowerOptions {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly clock: Clock;
  /** Called after each arrival. */
  readonly onArrived: () => void;
}

/** Keeps a mirror of etcd's content by a list and a watch, and checks etcd's health. */
export class EtcdFollower {
  readonly #options: EtcdFollowerOptions;
  /** Relays that changed in etcd and were not processed yet, with their changed tracks. */
  readonly #touched = new Map<string, Set<string>>();
  /** As `#touched`, of what is known about access. */
  readonly #touchedAccess = new Set<string>();
  /** As `#touched`, the keys of what controllers tell each other. */
  readonly touchedNotices = new Set<string>();
  #mirror: EtcdMirror;
  #position = 0;
  /** The member that serves the watch. */
  #watched = "";
  #reopen: () => void = () => {};
  #probeNow: () => void = () => {};
  #healthy = true;

  constructor(options: EtcdFollowerOptions) {
    this.#options = options;
    this.#mirror = new EtcdMirror(options.keys);
  }

  /** etcd's content as far as it has arrived. */
  get mirror(): EtcdMirror {
    return this.#mirror;
  }

  /** The newest etcd revision that has arrived. */
  get position(): number {
    return this.#position;
  }

  /** Whether the last request to etcd succeeded. */
  get healthy(): boolean {
    return this.#healthy;
  }

  /** The relays that changed in etcd and were not processed yet. */
  get touched(): readonly string[] {
    return [...this.#touched.keys()];
  }

  /** Whether the relay changed in etcd and was not processed yet. */
  hasTouched(relay: string): boolean {
    return this.#touched.has(relay);
  }

  /** Removes a relay from the changed ones; returns its changed tracks. */
  takeTouched(relay: string): ReadonlySet<string> {
    const tracks = this.#touched.get(relay) ?? new Set();
    this.#touched.delete(relay);
    return tracks;
  }

  /** What changed about access and was not processed yet. */
  get touchedAccess(): readonly string[] {
    return [...this.#touchedAccess];
  }

  /** Whether something about access changed and was not processed yet. */
  hasTouchedAccess(key: string): boolean {
    return this.#touchedAccess.has(key);
  }

  /** Removes something about access from what changed. */
  takeTouchedAccess(key: string): void {
    this.#touchedAccess.delete(key);
  }

  /** Lists etcd's content and starts to watch it. */
  async begin(tasks: TaskGroup): Promise<void> {
    await this.#list();
    tasks.spawn("watch etcd", (signal) => this.#follow(signal));
    tasks.spawn("probe etcd", (signal) => this.#probe(signal));
  }

  /** Notes that a request to etcd failed, and checks its health now. */
  failed(): void {
    this.#healthy = false;
    this.#probeNow();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ending = new AbortController();
      this.#reopen = () => ending.abort();
      try {
        await this.#watch(AbortSignal.any([signal, ending.signal]));
      } catch {
        // The watch resumes at its revision; the health check reports etcd's state.
      }
      await sleep(this.#options.clock, REOPEN_MS, signal);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, keys, onArrived } = this.#options;
    this.#watched = client.endpoint;
    const begin = this.#position;
    const create_request = { ...keys.everything, start_revision: String(begin + 1) };
    const messages = client.watch<Watched>({ create_request }, signal);
    for await (const { created, events = [], canceled } of messages) {
      if (canceled || created && !await this.#isRemembered(begin)) return await this.#list();
      for (const { type, kv } of events) {
        this.#take(kv, type === "DELETE");
        this.#position = Math.max(this.#position, Number(kv.mod_revision));
      }
      onArrived();
    }
  }

  /**
   * Whether etcd can replay everything after a revision. etcd accepts a watch that starts exactly
   * at the compacted revision, but may omit deletions there; it also accepts one beyond the newest
   * revision, as after etcd was set up anew.
   */
  async #isRemembered(revision: number): Promise<boolean> {
    const { client, keys: { everything: { key } } } = this.#options;
    try {
      await client.call("/v3/kv/range", { key, revision: String(revision) });
      return true;
    } catch (error) {
      if (error instanceof EtcdError && error.code === OUT_OF_RANGE) return false;
      throw error;
    }
  }

  /** Lists etcd's content, replacing the mirror. */
  async #list(): Promise<void> {
    const { client, keys, onArrived } = this.#options;
    const { mirror, revision } = await listEtcd(client, keys);
    for (const relay of new Set([...this.#mirror.names(), ...mirror.names()])) {
      const tracks = [...this.#mirror.tracks(relay).keys(), ...mirror.tracks(relay).keys()];
      this.#touched.set(relay, new Set([...this.#touched.get(relay) ?? [], ...tracks]));
    }
    const rules = [...this.#mirror.access.keys(), ...mirror.access.keys()];
    for (const key of rules) this.#touchedAccess.add(key);
    const before = this.#mirror.notices;
    for (const key of new Set([...before.keys(), ...mirror.notices.keys()])) {
      const isNews = before.get(key)?.modified !== mirror.notices.get(key)?.modified;
      if (isNews) this.touchedNotices.add(key);
    }
    this.#mirror = mirror;
    this.#position = revision;
    onArrived();
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { client, keys: { everything: { key } }, clock } = this.#options;
    while (!signal.aborted) {
      try {
        await client.call("/v3/kv/range", { key });
        this.#healthy = true;
      } catch {
        this.#healthy = false;
      }
      // The client switched away from the watched member because it does not answer: open the watch
      // at another one.
      if (this.#watched !== client.endpoint) this.#reopen();
      const soon = new AbortController();
      this.#probeNow = () => soon.abort();
      const wait = this.#healthy ? PROBE_MS : PROBE_AGAIN_MS;
      await sleep(clock, wait, AbortSignal.any([signal, soon.signal]));
    }
  }

  #take(pair: KeyValue, isGone: boolean): void {
    const about = this.#mirror.take(pair, isGone);
    if (about === undefined) return;
    if (about.access !== undefined) return void this.#touchedAccess.add(about.access);
    if (about.notice !== undefined) return void this.touchedNotices.add(about.notice);
    const tracks = this.#touched.get(about.relay) ?? new Set();
    if (about.track !== undefined) tracks.add(about.track);
    this.#touched.set(about.relay, tracks);
  }
}
