import { networksHave } from "./config.ts";
import { hostOf } from "./transport/mod.ts";

/** Addresses of neighbors that are remembered: more than a mesh has. */
const MAX_NEIGHBORS = 1_024;

/**
 * Addresses that are no stranger's: those that the configuration names, and those where neighbors
 * answered. They may have any number of connections, and their handshakes are given up last.
 */
export class KnownAddresses {
  readonly #isConfigured: (host: string) => boolean;
  readonly #neighbors = new Set<string>();

  /** Takes `loopback`, addresses and networks (`10.0.0.0/8`), which must be good. */
  constructor(configured: readonly string[]) {
    this.#isConfigured = networksHave(configured);
  }

  /** A neighbor answered at this address and port. */
  addNeighbor(remoteAddress: string): void {
    const host = hostOf(remoteAddress);
    if (this.#neighbors.size < MAX_NEIGHBORS) this.#neighbors.add(host);
  }

  has(host: string): boolean {
    return this.#neighbors.has(host) || this.#isConfigured(host);
  }
}
