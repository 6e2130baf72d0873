import { type Clock, sleep, type TaskGroup } from "@qumo/shared/runtime";
import { type EtcdClient, EtcdError, OUT_OF_RANGE } from "./etcd_client.ts";
import type { EtcdKeys, KeyValue } from "./etcd_keys.ts";
import { listEtcd } from "./etcd_listing.ts";
import { EtcdMirror } from "./etcd_mirror.ts";

/** Between two looks at whether etcd has its quorum, while it has and while it has not. */
const PROBE_MS = 1_000;
const PROBE_AGAIN_MS = 250;

/** How long a watch that ended waits before it is opened again. */
const REOPEN_MS = 100;

interface Watched {
  readonly created?: boolean;
  readonly events?: readonly { readonly type?: "DELETE"; readonly kv: KeyValue }[];
  readonly canceled?: boolean;
}

/** What a follower stands on. */
export interface EtcdFollowerOptions {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly clock: Clock;
  /** Called when something arrived. */
  readonly onArrived: () => void;
}

/** Keeps a mirror of what etcd holds, by a list and then a watch, and knows whether etcd is well. */
export class EtcdFollower {
  readonly #options: EtcdFollowerOptions;
  /** Relays that changed in etcd and are not taken yet, with their tracks that did. */
  readonly #touched = new Map<string, Set<string>>();
  #mirror: EtcdMirror;
  #position = 0;
  /** The member that is watched. */
  #watched = "";
  #reopen: () => void = () => {};
  #probeNow: () => void = () => {};
  #healthy = true;

  constructor(options: EtcdFollowerOptions) {
    this.#options = options;
    this.#mirror = new EtcdMirror(options.keys);
  }

  /** What etcd holds, as far as it has arrived. */
  get mirror(): EtcdMirror {
    return this.#mirror;
  }

  /** The newest revision of etcd that has arrived. */
  get position(): number {
    return this.#position;
  }

  /** Whether etcd did what it should when it was last asked. */
  get healthy(): boolean {
    return this.#healthy;
  }

  /** The relays that changed in etcd and were not taken. */
  get touched(): readonly string[] {
    return [...this.#touched.keys()];
  }

  /** Whether the relay changed in etcd and was not taken. */
  hasTouched(relay: string): boolean {
    return this.#touched.has(relay);
  }

  /** Takes a relay off the list of those that changed; gives its tracks that did. */
  takeTouched(relay: string): ReadonlySet<string> {
    const tracks = this.#touched.get(relay) ?? new Set();
    this.#touched.delete(relay);
    return tracks;
  }

  /** Reads everything there is, and follows it from there on. */
  async begin(tasks: TaskGroup): Promise<void> {
    await this.#list();
    tasks.spawn("watch etcd", (signal) => this.#follow(signal));
    tasks.spawn("probe etcd", (signal) => this.#probe(signal));
  }

  /** Notes that etcd could not do what it should: it is looked at now. */
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
        // The watch goes on where it was; whether etcd is well, the probe says.
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
   * Whether everything after a revision can still be told. etcd does not refuse a watch that begins at
   * the very revision up to which history was compacted, and yet may not tell what was deleted there;
   * nor one that begins beyond the newest revision, as after etcd was set up anew.
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

  /** Reads everything there is, in place of what was known. */
  async #list(): Promise<void> {
    const { client, keys, onArrived } = this.#options;
    const { mirror, revision } = await listEtcd(client, keys);
    for (const relay of new Set([...this.#mirror.names(), ...mirror.names()])) {
      const tracks = [...this.#mirror.tracks(relay).keys(), ...mirror.tracks(relay).keys()];
      this.#touched.set(relay, new Set([...this.#touched.get(relay) ?? [], ...tracks]));
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
      // A member that was left because it does not answer tells nothing either.
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
    const tracks = this.#touched.get(about.relay) ?? new Set();
    if (about.track !== undefined) tracks.add(about.track);
    this.#touched.set(about.relay, tracks);
  }
}
