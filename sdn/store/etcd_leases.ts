import type { EtcdClient } from "./etcd_client.ts";
import type { Operation } from "./etcd_plan.ts";

/** Leases that one request renews: some 50 kB. */
const MAX_RENEWALS = 1000;

interface Renewed {
  /** Absent when the stream of answers broke off with an error. */
  readonly result?: { readonly TTL?: string };
}

/** etcd's leases for relays and tombstones. */
export class EtcdLeases {
  /** Leases that the next request renews, with those who wait for it. */
  readonly #due = new Map<string, PromiseWithResolvers<boolean>>();
  #isRenewing = false;
  readonly #client: EtcdClient;
  readonly #milliseconds: { readonly relay: number; readonly end: number };

  constructor(
    client: EtcdClient,
    { leaseMs, tombstoneMs }: { readonly leaseMs: number; readonly tombstoneMs: number },
  ) {
    this.#client = client;
    this.#milliseconds = { relay: leaseMs, end: tombstoneMs };
  }

  /** Grants a lease for the plan, or returns "" if the plan puts nothing under one. */
  async grant(plan: readonly Operation[], lease: "relay" | "end"): Promise<string> {
    if (!plan.some((operation) => operation.kind === "put" && operation.lease === lease)) return "";
    const seconds = Math.ceil(this.#milliseconds[lease] / 1000);
    const { ID } = await this.#client.call<{ ID: string }>("/v3/lease/grant", {
      TTL: `${seconds}`,
    });
    return ID;
  }

  /**
   * Renews a lease; resolves with `false` when it has expired. Those that are to be renewed while a
   * request is under way share the next one.
   */
  renew(lease: string): Promise<boolean> {
    const renewal = this.#due.get(lease) ?? Promise.withResolvers<boolean>();
    this.#due.set(lease, renewal);
    if (!this.#isRenewing) void this.#renewDue();
    return renewal.promise;
  }

  async #renewDue(): Promise<void> {
    this.#isRenewing = true;
    while (this.#due.size > 0) {
      const renewals = [...this.#due].slice(0, MAX_RENEWALS);
      for (const [lease] of renewals) this.#due.delete(lease);
      try {
        const messages = renewals.map(([ID]) => ({ ID }));
        const answers = await this.#client.callEach<Renewed>("/v3/lease/keepalive", messages);
        for (const [place, [, { resolve }]] of renewals.entries()) {
          const { result } = answers[place]!;
          if (result === undefined) throw new Error("etcd broke off the renewal of leases");
          resolve(Number(result.TTL ?? 0) > 0);
        }
      } catch (error) {
        for (const [, { reject }] of renewals) reject(error);
      }
    }
    this.#isRenewing = false;
  }

  /** Revokes the lease of a relay that ended, so that no other controller renews it. */
  async end(lease: string): Promise<void> {
    try {
      await this.#client.call("/v3/lease/revoke", { ID: lease });
    } catch {
      // The relay has ended all the same, and the lease will expire.
    }
  }
}
