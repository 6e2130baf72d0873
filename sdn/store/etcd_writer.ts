import type { Change } from "../registry/mod.ts";
import type { EtcdArrivals } from "./etcd_arrivals.ts";
import { type EtcdClient, EtcdError, NOT_FOUND } from "./etcd_client.ts";
import type { EtcdFollower } from "./etcd_follower.ts";
import type { EtcdKeys } from "./etcd_keys.ts";
import type { EtcdLeases } from "./etcd_leases.ts";
import { inParts, planWrite } from "./etcd_plan.ts";
import { StoreConflict } from "./types.ts";

interface Transacted {
  readonly header: { readonly revision: string };
  readonly succeeded?: boolean;
}

/** The dependencies of {@linkcode EtcdWriter}. */
export interface EtcdWriterOptions {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly leases: EtcdLeases;
  readonly arrivals: EtcdArrivals;
  /** The mirror of etcd's content. */
  readonly follower: EtcdFollower;
}

/**
 * Writes changes of one relay unless another controller changed it meanwhile (compare-and-set). A
 * write is complete once it has arrived by the watch.
 */
export class EtcdWriter {
  readonly #options: EtcdWriterOptions;
  /** The etcd revision of each relay's key that the registry's state is based on. */
  readonly #grounds = new Map<string, number>();

  constructor(options: EtcdWriterOptions) {
    this.#options = options;
  }

  /** Writes changes. Rejects with a {@linkcode StoreConflict} when they must be decided again. */
  async write(relay: string, changes: readonly Change[]): Promise<void> {
    const { keys, leases, follower: { mirror } } = this.#options;
    const plan = planWrite(relay, changes, { keys, mirror });
    if (plan === undefined) throw new StoreConflict(relay);
    const lease = mirror.relay(relay)?.lease ?? await leases.grant(plan, "relay");
    const granted = { relay: lease, end: await leases.grant(plan, "end") };
    const [first] = plan;
    const isOwn = first?.key === keys.key({ kind: "relay", relay });
    for (const [place, part] of inParts(plan, granted).entries()) {
      const revision = await this.#transact(relay, part);
      if (isOwn && place === 0) this.stand(relay, first.kind === "put" ? revision : 0);
    }
    if (isOwn && first.kind === "delete" && lease !== "") await leases.end(lease);
  }

  /** Renews the relay's lease. Rejects with a {@linkcode StoreConflict} when it has expired. */
  async renew(relay: string): Promise<void> {
    const { leases, arrivals, follower } = this.#options;
    const lease = follower.mirror.relay(relay)?.lease;
    if (lease === undefined) throw new StoreConflict(relay);
    if (await leases.renew(lease)) return;
    await arrivals.until(() => follower.mirror.relay(relay)?.lease !== lease);
    throw new StoreConflict(relay);
  }

  /** Sets the revision that the relay's next writes are based on; 0 for no key. */
  stand(relay: string, revision: number): void {
    if (revision === 0) this.#grounds.delete(relay);
    else this.#grounds.set(relay, revision);
  }

  /**
   * Runs the transactions, unless the relay changed in etcd since its base revision. A change that
   * arrived but was not passed to the registry counts as such: the new changes were decided without
   * it. Resolves with etcd's revision.
   */
  async #transact(relay: string, success: readonly object[]): Promise<number> {
    const { client, keys, arrivals, follower } = this.#options;
    const key = keys.key({ kind: "relay", relay });
    const known = this.#grounds.get(relay) ?? 0;
    const compare = [{ key, target: "MOD", result: "EQUAL", mod_revision: String(known) }];
    const isNews = () => (follower.mirror.relay(relay)?.modified ?? 0) !== known;
    try {
      const { succeeded, header } = await client.call<Transacted>(
        "/v3/kv/txn",
        { compare, success },
      );
      if (succeeded) {
        const revision = Number(header.revision);
        await arrivals.until(() => follower.position >= revision);
        return revision;
      }
    } catch (error) {
      // The lease has expired, and the relay with it.
      if (!(error instanceof EtcdError && error.code === NOT_FOUND)) throw error;
    }
    await arrivals.until(isNews);
    throw new StoreConflict(relay);
  }
}
