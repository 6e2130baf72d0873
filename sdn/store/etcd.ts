import { type Clock, sleep, TaskGroup } from "@qumo/shared/runtime";
import { type Batch, type Change, relayOf, type StoredRelay } from "../registry/mod.ts";
import { EtcdArrivals } from "./etcd_arrivals.ts";
import {
  type EtcdAccess,
  EtcdClient,
  EtcdRefusal,
  NOT_FOUND,
  OUT_OF_RANGE,
} from "./etcd_client.ts";
import { EtcdKeys, type KeyValue } from "./etcd_keys.ts";
import { EtcdLeases } from "./etcd_leases.ts";
import { EtcdLines } from "./etcd_lines.ts";
import { listEtcd } from "./etcd_listing.ts";
import { EtcdMembers } from "./etcd_members.ts";
import { EtcdMirror } from "./etcd_mirror.ts";
import { inParts, planWrite } from "./etcd_plan.ts";
import { type Sharing, type Store, StoreConflict, type Stored, type Timeline } from "./types.ts";

/** Transactions on their way at once, each with a connection of its own. */
const MAX_WRITES = 64;

/** Between two looks at whether etcd has its quorum, while it has and while it has not. */
const PROBE_MS = 1_000;
const PROBE_AGAIN_MS = 250;

/** How long a watch that ended waits before it is opened again. */
const REOPEN_MS = 100;

/** How an etcd store works. */
export interface EtcdOptions extends EtcdAccess {
  /** What all keys begin with. */
  readonly prefix: string;
  readonly timeline: Timeline;
  /** How long a relay lives after its last heartbeat; etcd counts whole seconds, two at the least. */
  readonly leaseMs: number;
  /** How long the end of a relay is remembered, in milliseconds. */
  readonly tombstoneMs: number;
  /** Where revisions begin: higher than any that a former process of this controller reached. */
  readonly firstRevision: number;
}

interface Header {
  readonly header: { readonly revision: string };
}

interface Watched {
  readonly created?: boolean;
  readonly events?: readonly { readonly type?: "DELETE"; readonly kv: KeyValue }[];
  readonly canceled?: boolean;
}

/**
 * A store in an etcd cluster, shared by every controller that uses the same prefix. Each relay has a
 * key under a lease of its own, each of its tracks another under the same lease, so that they die
 * together. What arrives by the watch is the truth; a write is kept once it has come back that way.
 */
export class EtcdStore implements Store {
  readonly sharing: Sharing;
  readonly #options: EtcdOptions;
  readonly #clock: Clock;
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #tasks = new TaskGroup(() => {});
  readonly #lines: EtcdLines;
  /** Relays that changed in etcd and are not told yet, with their tracks that did. */
  readonly #touched = new Map<string, Set<string>>();
  /** Revisions of the relays' keys as far as the registry was told, or wrote them itself. */
  readonly #grounds = new Map<string, number>();
  readonly #arrivals: EtcdArrivals;
  readonly #members: EtcdMembers;
  readonly #leases: EtcdLeases;
  #mirror: EtcdMirror;
  /** The newest revision of etcd that has arrived. */
  #position = 0;
  #reconcile: (given: StoredRelay) => void = () => {};
  #watched = "";
  #reopen: () => void = () => {};
  #probeNow: () => void = () => {};
  #healthy = true;
  #closed = false;

  constructor(options: EtcdOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#client = new EtcdClient(options);
    this.#arrivals = new EtcdArrivals(options);
    this.#members = new EtcdMembers(this.#client, options.endpoints, options.clock);
    this.#leases = new EtcdLeases(this.#client, options);
    this.#keys = new EtcdKeys(options.prefix, options.timeline);
    this.#mirror = new EtcdMirror(this.#keys);
    this.#lines = new EtcdLines(MAX_WRITES, {
      onLost: (relay) => this.#tell(relay, true),
      onIdle: (relay) => this.#touched.has(relay) && this.#tell(relay, false),
    });
    this.sharing = {
      renew: (relay) => this.#renew(relay),
      members: () => this.#members.states,
    };
  }

  get healthy(): boolean {
    return this.#healthy && !this.#closed;
  }

  async load(): Promise<Stored> {
    await this.#list();
    this.#tasks.spawn("watch etcd", (signal) => this.#follow(signal));
    this.#tasks.spawn("probe etcd", (signal) => this.#probe(signal));
    this.#tasks.spawn("look at etcd's members", (signal) => this.#members.follow(signal));
    return this.#mirror.stored(this.#options.firstRevision);
  }

  follow(reconcile: (given: StoredRelay) => void): void {
    this.#reconcile = reconcile;
  }

  async append({ changes }: Batch): Promise<void> {
    if (this.#closed) throw new Error("The store is closed");
    const groups = Map.groupBy(changes.filter(({ kind }) => kind !== "flows"), relayOf);
    const written = [...groups].map(([relay, own]) =>
      this.#lines.enqueue(relay, () => this.#observed(() => this.#write(relay, own)))
    );
    await Promise.all(written);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lines.settled();
    await this.#tasks.close();
  }

  async #write(relay: string, changes: readonly Change[]): Promise<void> {
    const plan = planWrite(relay, changes, { keys: this.#keys, mirror: this.#mirror });
    if (plan === undefined) throw new StoreConflict(relay);
    const lease = this.#mirror.relay(relay)?.lease ?? await this.#leases.grant(plan, "relay");
    const leases = { relay: lease, end: await this.#leases.grant(plan, "end") };
    const [first] = plan;
    const isOwn = first?.key === this.#keys.key({ kind: "relay", relay });
    for (const [place, part] of inParts(plan, leases).entries()) {
      const revision = await this.#transact(relay, part);
      if (isOwn && place === 0) this.#stand(relay, first.kind === "put" ? revision : 0);
    }
    if (isOwn && first.kind === "delete" && lease !== "") await this.#leases.end(lease);
  }

  /** From here on the relay's writes are made on the ground of this revision of its key, 0 for none. */
  #stand(relay: string, revision: number): void {
    if (revision === 0) this.#grounds.delete(relay);
    else this.#grounds.set(relay, revision);
  }

  /**
   * Does all of it, unless the relay has changed in etcd since its ground: what has arrived but was not
   * told is none, the changes were made without it. Resolves with etcd's revision.
   */
  async #transact(relay: string, success: readonly object[]): Promise<number> {
    const key = this.#keys.key({ kind: "relay", relay });
    const known = this.#grounds.get(relay) ?? 0;
    const compare = [{ key, target: "MOD", result: "EQUAL", mod_revision: String(known) }];
    const isNews = () => (this.#mirror.relay(relay)?.modified ?? 0) !== known;
    try {
      const { succeeded, header } = await this.#client.call<Header & { succeeded?: boolean }>(
        "/v3/kv/txn",
        { compare, success },
      );
      if (succeeded) {
        const revision = Number(header.revision);
        await this.#arrivals.until(() => this.#position >= revision);
        return revision;
      }
    } catch (error) {
      // The lease is over, and with it the relay.
      if (!(error instanceof EtcdRefusal && error.code === NOT_FOUND)) throw error;
    }
    await this.#arrivals.until(isNews);
    throw new StoreConflict(relay);
  }

  async #renew(relay: string): Promise<void> {
    const lease = this.#mirror.relay(relay)?.lease;
    if (lease === undefined) throw new StoreConflict(relay);
    await this.#observed(async () => {
      if (await this.#leases.renew(lease)) return;
      await this.#arrivals.until(() => this.#mirror.relay(relay)?.lease !== lease);
      throw new StoreConflict(relay);
    });
  }

  /** Notes when etcd cannot do what it should. */
  async #observed(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof StoreConflict)) {
        this.#healthy = false;
        this.#probeNow();
      }
      throw error;
    }
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
      await sleep(this.#clock, REOPEN_MS, signal);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    this.#watched = this.#client.endpoint;
    const begin = this.#position;
    const create_request = { ...this.#keys.everything, start_revision: String(begin + 1) };
    const messages = this.#client.watch<Watched>({ create_request }, signal);
    for await (const { created, events = [], canceled } of messages) {
      if (canceled || created && !await this.#isRemembered(begin)) return await this.#list();
      for (const { type, kv } of events) {
        this.#take(kv, type === "DELETE");
        this.#position = Math.max(this.#position, Number(kv.mod_revision));
      }
      this.#arrived();
    }
  }

  /**
   * Whether everything after a revision can still be told. etcd does not refuse a watch that begins at
   * the very revision up to which history was compacted, and yet may not tell what was deleted there;
   * nor one that begins beyond the newest revision, as after etcd was set up anew.
   */
  async #isRemembered(revision: number): Promise<boolean> {
    const { key } = this.#keys.everything;
    try {
      await this.#client.call("/v3/kv/range", { key, revision: String(revision) });
      return true;
    } catch (error) {
      if (error instanceof EtcdRefusal && error.code === OUT_OF_RANGE) return false;
      throw error;
    }
  }

  /** Reads everything there is, in place of what was known. */
  async #list(): Promise<void> {
    const { mirror, revision } = await listEtcd(this.#client, this.#keys);
    for (const relay of new Set([...this.#mirror.names(), ...mirror.names()])) {
      const tracks = [...this.#mirror.tracks(relay).keys(), ...mirror.tracks(relay).keys()];
      this.#touched.set(relay, new Set([...this.#touched.get(relay) ?? [], ...tracks]));
    }
    this.#mirror = mirror;
    this.#position = revision;
    this.#arrived();
  }

  async #probe(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const { key } = this.#keys.everything;
        await this.#client.call("/v3/kv/range", { key });
        this.#healthy = true;
      } catch {
        this.#healthy = false;
      }
      // A member that was left because it does not answer tells nothing either.
      if (this.#watched !== this.#client.endpoint) this.#reopen();
      const soon = new AbortController();
      this.#probeNow = () => soon.abort();
      const wait = this.#healthy ? PROBE_MS : PROBE_AGAIN_MS;
      await sleep(this.#clock, wait, AbortSignal.any([signal, soon.signal]));
    }
  }

  #take(pair: KeyValue, isGone: boolean): void {
    const about = this.#mirror.take(pair, isGone);
    if (about === undefined) return;
    const tracks = this.#touched.get(about.relay) ?? new Set();
    if (about.track !== undefined) tracks.add(about.track);
    this.#touched.set(about.relay, tracks);
  }

  /** Tells what arrived, but of relays that are being written: their writes tell how it ends. */
  #arrived(): void {
    for (const relay of [...this.#touched.keys()]) {
      if (!this.#lines.isBusy(relay)) this.#tell(relay, false);
    }
    this.#arrivals.look();
  }

  #tell(name: string, isUndone: boolean): void {
    const touched = this.#touched.get(name) ?? new Set<string>();
    this.#touched.delete(name);
    this.#stand(name, this.#mirror.relay(name)?.modified ?? 0);
    const kept = this.#mirror.kept(name);
    const end = this.#mirror.end(name);
    this.#reconcile({
      name,
      ...(kept && { kept }),
      ...(end && { end }),
      ...(!isUndone && { touched }),
      isUndone,
    });
  }
}
