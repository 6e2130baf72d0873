import type { EtcdClient } from "./etcd_client.ts";
import type { Operation } from "./etcd_plan.ts";

/** etcd's leases for relays and tombstones. */
export class EtcdLeases {
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

  /** Renews a lease; `false` when it has expired. */
  async renew(lease: string): Promise<boolean> {
    const { result } = await this.#client.call<{ result: { TTL?: string } }>(
      "/v3/lease/keepalive",
      { ID: lease },
    );
    return Number(result.TTL ?? 0) > 0;
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
