import { type Clock, sleep } from "@qumo/shared/runtime";
import type { EtcdClient } from "./etcd_client.ts";
import type { ClusterMember } from "./types.ts";

/** Milliseconds between two checks of the members. */
const LOOK_MS = 1_000;

interface Status {
  readonly header: { readonly member_id: string };
  /** Zero or absent while there is no leader. */
  readonly leader?: string;
}

/** Checks each member of the cluster periodically, for operators. */
export class EtcdMembers {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #members: Map<string, ClusterMember["state"]>;

  constructor(client: EtcdClient, endpoints: readonly string[], clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#members = new Map(endpoints.map((endpoint) => [endpoint, "silent"]));
  }

  /** The state of each member at the last check. */
  get states(): ClusterMember[] {
    return [...this.#members].map(([endpoint, state]) => ({ name: new URL(endpoint).host, state }));
  }

  /** Checks the members until the signal is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    const one = async (endpoint: string) => {
      while (!signal.aborted) {
        const state = await this.#look(endpoint, signal);
        this.#members.set(endpoint, state);
        await sleep(this.#clock, LOOK_MS, signal);
      }
    };
    await Promise.all([...this.#members.keys()].map(one));
  }

  async #look(endpoint: string, signal: AbortSignal): Promise<ClusterMember["state"]> {
    try {
      const path = "/v3/maintenance/status";
      const { header, leader = "0" } = await this.#client.ask<Status>(endpoint, path, {}, signal);
      if (leader === header.member_id) return "leader";
      return leader === "0" ? "leaderless" : "follower";
    } catch {
      return "silent";
    }
  }
}
