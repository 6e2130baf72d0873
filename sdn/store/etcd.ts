import { TaskGroup } from "@qumo/shared/runtime";
import { type Batch, type Change, relayOf, type StoredRelay } from "../registry/mod.ts";
import { EtcdRules } from "./etcd_rules.ts";
import { EtcdArrivals } from "./etcd_arrivals.ts";
import { type EtcdAccess, EtcdClient } from "./etcd_client.ts";
import { claimFormat } from "./etcd_format.ts";
import { EtcdFollower } from "./etcd_follower.ts";
import { EtcdKeys } from "./etcd_keys.ts";
import { EtcdLeases } from "./etcd_leases.ts";
import { EtcdMembers } from "./etcd_members.ts";
import { EtcdNotices } from "./etcd_notices.ts";
import { EtcdQueues } from "./etcd_queues.ts";
import { EtcdWriter } from "./etcd_writer.ts";
import {
  type ReconcileAccess,
  type Sharing,
  type Store,
  StoreConflict,
  type Stored,
  type Timeline,
} from "./types.ts";

/** Concurrent transactions; each uses a connection. */
const MAX_WRITES = 64;

/** Options of {@linkcode EtcdStore}. */
export interface EtcdOptions extends EtcdAccess {
  /** The prefix of all keys. */
  readonly prefix: string;
  readonly timeline: Timeline;
  /** The duration of a relay's lease; etcd rounds it to whole seconds, at least two. */
  readonly leaseMs: number;
  /** How long tombstones are kept, in milliseconds. */
  readonly tombstoneMs: number;
  /** The first revision: higher than any that an earlier process of this controller reached. */
  readonly firstRevision: number;
}

/**
 * A store in an etcd cluster, shared by all controllers with the same prefix. Each relay has a key
 * under a lease of its own, and a key per track under the same lease, so that they expire together.
 * The watch is authoritative: a write is complete once it has arrived by the watch.
 */
export class EtcdStore implements Store {
  readonly sharing: Sharing;
  readonly #firstRevision: number;
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #tasks = new TaskGroup(() => {});
  readonly #queues: EtcdQueues;
  readonly #arrivals: EtcdArrivals;
  readonly #members: EtcdMembers;
  readonly #follower: EtcdFollower;
  readonly #writer: EtcdWriter;
  readonly #rules: EtcdRules;
  readonly #notices: EtcdNotices;
  #reconcile: (given: StoredRelay) => void = () => {};
  #reconcileAccess: ReconcileAccess = () => {};
  #closed = false;

  constructor(options: EtcdOptions) {
    const { clock, endpoints } = options;
    const client = new EtcdClient(options);
    const keys = new EtcdKeys(options.prefix, options.timeline);
    this.#client = client;
    this.#keys = keys;
    this.#firstRevision = options.firstRevision;
    this.#arrivals = new EtcdArrivals(options);
    this.#members = new EtcdMembers(client, endpoints, clock);
    this.#follower = new EtcdFollower({ client, keys, clock, onArrived: () => this.#arrived() });
    this.#writer = new EtcdWriter({
      client,
      keys,
      leases: new EtcdLeases(client, options),
      arrivals: this.#arrivals,
      follower: this.#follower,
    });
    this.#rules = new EtcdRules({
      client,
      keys,
      arrivals: this.#arrivals,
      follower: this.#follower,
      timeline: options.timeline,
      now: () => clock.now(),
      reconcile: (...given) => this.#reconcileAccess(...given),
    });
    this.#queues = new EtcdQueues(MAX_WRITES, {
      onLost: (relay) => this.#tell(relay, true),
      onIdle: (relay) => this.#follower.hasTouched(relay) && this.#tell(relay, false),
    });
    this.#notices = new EtcdNotices({ ...options, client, keys, follower: this.#follower });
    this.sharing = {
      notices: this.#notices,
      renew: (relay) => this.#observed(() => this.#writer.renew(relay)),
      members: () => this.#members.states,
    };
  }

  get healthy(): boolean {
    return this.#follower.healthy && !this.#closed;
  }

  async load(): Promise<Stored> {
    await claimFormat(this.#client, this.#keys);
    await this.#follower.begin(this.#tasks);
    this.#tasks.spawn("look at etcd's members", (signal) => this.#members.follow(signal));
    this.#tasks.spawn("tell what tenants use", (signal) => this.#notices.run(signal));
    this.#rules.begin();
    return this.#follower.mirror.stored(this.#firstRevision);
  }

  follow(reconcile: (given: StoredRelay) => void): void {
    this.#reconcile = reconcile;
  }

  followAccess(reconcile: ReconcileAccess): void {
    this.#reconcileAccess = reconcile;
  }

  async append({ changes }: Batch): Promise<void> {
    if (this.#closed) throw new Error("The store is closed");
    const groups = Map.groupBy(changes.filter(({ kind }) => kind !== "flows"), relayOf);
    const written = [...groups].map(([relay, own]) =>
      relay === undefined
        ? this.#appendAccess(own)
        : this.#queues.enqueue(relay, () => this.#observed(() => this.#writer.write(relay, own)))
    );
    await Promise.all(written);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#queues.settled(), this.#rules.settled()]);
    await this.#tasks.close();
  }

  async #appendAccess(changes: readonly Change[]): Promise<void> {
    const entries = changes.flatMap((change) => change.kind === "access" ? [change.entry] : []);
    const written = entries.map((entry) => this.#observed(() => this.#rules.append(entry)));
    await Promise.all(written);
  }

  /** Reports a failure of etcd. */
  async #observed(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof StoreConflict)) this.#follower.failed();
      throw error;
    }
  }

  /**
   * Passes on what arrived, except for relays with pending writes: those report their own result.
   */
  #arrived(): void {
    for (const relay of this.#follower.touched) {
      if (!this.#queues.isBusy(relay)) this.#tell(relay, false);
    }
    this.#rules.arrived();
    this.#notices.arrived();
    this.#arrivals.look();
  }

  #tell(name: string, isUndone: boolean): void {
    const { mirror } = this.#follower;
    const touched = this.#follower.takeTouched(name);
    this.#writer.stand(name, mirror.relay(name)?.modified ?? 0);
    const kept = mirror.kept(name);
    const end = mirror.end(name);
    this.#reconcile({
      name,
      ...(kept && { kept }),
      ...(end && { end }),
      ...(!isUndone && { touched }),
      isUndone,
    });
  }
}
