import type { EtcdClient } from "./etcd_client.ts";
import type { Operation } from "./etcd_plan.ts";

/** The leases that relays, and the memory of their ends, are kept under in etcd. */
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

  /** A new lease, or "" if the plan puts nothing under it. */
  async grant(plan: readonly Operation[], lease: "relay" | "end"): Promise<string> {
    if (!plan.some((operation) => operation.kind === "put" && operation.lease === lease)) return "";
    const seconds = Math.ceil(this.#milliseconds[lease] / 1000);
    const { ID } = await this.#client.call<{ ID: string }>("/v3/lease/grant", {
      TTL: `${seconds}`,
    });
    return ID;
  }

  /** Begins a lease anew; `false` when it is over. */
  async renew(lease: string): Promise<boolean> {
    const { result } = await this.#client.call<{ result: { TTL?: string } }>(
      "/v3/lease/keepalive",
      { ID: lease },
    );
    return Number(result.TTL ?? 0) > 0;
  }

  /** Ends the lease of a relay that is gone, so that nobody who has not heard of it renews it. */
  async end(lease: string): Promise<void> {
    try {
      await this.#client.call("/v3/lease/revoke", { ID: lease });
    } catch {
      // The relay is gone all the same, and the lease will run out.
    }
  }
}
