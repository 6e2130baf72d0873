import { networksHave } from "./config.ts";
import { hostOf } from "./transport/mod.ts";

/** Neighbor addresses that are remembered: more than a mesh has. */
const MAX_NEIGHBORS = 1_024;

/**
 * Trusted addresses: configured ones, and those at which neighbors answered. They are exempt from
 * the connection limit, and their handshakes are evicted last.
 */
export class KnownAddresses {
  #isConfigured: (host: string) => boolean;
  readonly #neighbors = new Set<string>();

  /** `configured` has `loopback`, addresses and networks (`10.0.0.0/8`), already validated. */
  constructor(configured: readonly string[]) {
    this.#isConfigured = networksHave(configured);
  }

  /** Takes other configured addresses. */
  configure(configured: readonly string[]): void {
    this.#isConfigured = networksHave(configured);
  }

  /** Adds the address of a neighbor that answered. */
  addNeighbor(remoteAddress: string): void {
    const host = hostOf(remoteAddress);
    if (this.#neighbors.size < MAX_NEIGHBORS) this.#neighbors.add(host);
  }

  has(host: string): boolean {
    return this.#neighbors.has(host) || this.#isConfigured(host);
  }
}
