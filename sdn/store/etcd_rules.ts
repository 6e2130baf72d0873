import { type AccessEntry, accessKey } from "../registry/mod.ts";
import type { EtcdArrivals } from "./etcd_arrivals.ts";
import type { EtcdClient } from "./etcd_client.ts";
import type { EtcdFollower } from "./etcd_follower.ts";
import type { EtcdKeys } from "./etcd_keys.ts";
import { EtcdQueues } from "./etcd_queues.ts";
import { type ReconcileAccess, StoreConflict, type Timeline } from "./types.ts";

/** Concurrent transactions: orders of people, which need not wait for announces. */
const MAX_WRITES = 8;

interface Transacted {
  readonly header: { readonly revision: string };
  readonly succeeded?: boolean;
}

/** The dependencies of {@linkcode EtcdRules}. */
export interface EtcdRulesOptions {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly arrivals: EtcdArrivals;
  readonly follower: EtcdFollower;
  readonly timeline: Timeline;
  readonly now: () => number;
  /** Passes on what etcd has of a key. */
  readonly reconcile: ReconcileAccess;
}

/**
 * Revocations and policies in etcd: a key each, which ends with a lease where it is forgotten at some
 * time. As for relays, a write is refused when another controller changed the key meanwhile.
 */
export class EtcdRules {
  readonly #options: EtcdRulesOptions;
  readonly #queues: EtcdQueues;
  /** The etcd revision of each key that the registry's state is based on. */
  readonly #grounds = new Map<string, number>();

  constructor(options: EtcdRulesOptions) {
    this.#options = options;
    this.#queues = new EtcdQueues(MAX_WRITES, {
      onLost: (key) => this.#tell(key, true),
      onIdle: (key) => options.follower.hasTouchedAccess(key) && this.#tell(key, false),
    });
  }

  /** The registry has what etcd has. */
  begin(): void {
    for (const [key, { modified }] of this.#options.follower.mirror.access) {
      this.#grounds.set(key, modified);
    }
  }

  /** Writes an entry in its turn. Rejects with a {@linkcode StoreConflict} when it must be decided again. */
  append(entry: AccessEntry): Promise<void> {
    const key = accessKey(entry);
    return this.#queues.enqueue(key, () => this.#write(key, entry));
  }

  /** Passes on what arrived, except for keys with pending writes. */
  arrived(): void {
    for (const key of this.#options.follower.touchedAccess) {
      if (!this.#queues.isBusy(key)) this.#tell(key, false);
    }
  }

  /** Resolves when no write is pending. */
  settled(): Promise<void> {
    return this.#queues.settled();
  }

  async #write(name: string, entry: AccessEntry): Promise<void> {
    const { client, keys, arrivals, follower } = this.#options;
    const known = this.#grounds.get(name) ?? 0;
    const key = keys.key({ kind: "access", access: name });
    const lease = await this.#lease(entry);
    const { succeeded, header } = await client.call<Transacted>("/v3/kv/txn", {
      compare: [{ key, target: "MOD", result: "EQUAL", mod_revision: String(known) }],
      success: [{ request_put: { key, value: keys.accessValue(entry), ...lease } }],
    });
    if (!succeeded) {
      const isNews = () => (follower.mirror.access.get(name)?.modified ?? 0) !== known;
      await arrivals.until(isNews);
      throw new StoreConflict(name);
    }
    const revision = Number(header.revision);
    this.#grounds.set(name, revision);
    await arrivals.until(() => follower.position >= revision);
  }

  async #lease({ until }: AccessEntry): Promise<{ lease?: string }> {
    if (until === undefined) return {};
    const { client, timeline, now } = this.#options;
    const seconds = Math.max(2, Math.ceil((until - timeline.toWall(now())) / 1000));
    const { ID } = await client.call<{ ID: string }>("/v3/lease/grant", { TTL: `${seconds}` });
    return { lease: ID };
  }

  #tell(key: string, isUndone: boolean): void {
    const { follower, reconcile } = this.#options;
    follower.takeTouchedAccess(key);
    const kept = follower.mirror.access.get(key);
    if (kept === undefined) this.#grounds.delete(key);
    else this.#grounds.set(key, kept.modified);
    reconcile(key, kept?.entry, isUndone);
  }
}
