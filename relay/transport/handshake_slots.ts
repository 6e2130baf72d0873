import { KNOWN_ADDRESS_WEIGHT } from "./limits.ts";

/** A handshake's slot. */
export interface HandshakeSlot {
  give(): void;
}

/** The peer of a handshake. */
export interface HandshakePeer {
  /** The address key that limits are counted by. */
  readonly key: string;
  /** Whether its handshakes are evicted last. */
  readonly isKnown: boolean;
}

/**
 * Slots for handshakes in progress. When none is free, the oldest handshake of the address with the
 * most handshakes is evicted: a flood from one address evicts its own, and one from forged
 * addresses evicts those that should have completed long ago.
 */
export class HandshakeSlots {
  readonly #limit: number;
  // The oldest first, per address and among addresses.
  readonly #byAddress = new Map<string, Handshakes>();
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Handshakes in progress. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot for a peer's handshake; `giveUp` is called when it is evicted. */
  take({ key, isKnown }: HandshakePeer, giveUp: () => void): HandshakeSlot {
    if (this.#taken >= this.#limit) this.#makeRoom();
    let handshakes = this.#byAddress.get(key);
    if (handshakes === undefined) {
      handshakes = { weight: isKnown ? 1 / KNOWN_ADDRESS_WEIGHT : 1, open: new Set() };
      this.#byAddress.set(key, handshakes);
    }
    handshakes.open.add(giveUp);
    this.#taken++;
    return { give: () => this.#remove(key, giveUp) };
  }

  #makeRoom(): void {
    let heaviest: string | undefined;
    let most = 0;
    for (const [key, { weight, open }] of this.#byAddress) {
      if (open.size * weight > most) [heaviest, most] = [key, open.size * weight];
    }
    if (heaviest === undefined) return;
    const [oldest] = this.#byAddress.get(heaviest)!.open;
    this.#remove(heaviest, oldest!);
    oldest!();
  }

  #remove(key: string, giveUp: () => void): void {
    const handshakes = this.#byAddress.get(key);
    if (handshakes === undefined || !handshakes.open.delete(giveUp)) return;
    this.#taken--;
    if (handshakes.open.size === 0) this.#byAddress.delete(key);
  }
}

/** The handshakes in progress of one address. */
interface Handshakes {
  readonly weight: number;
  /** The eviction callback of each. */
  readonly open: Set<() => void>;
}
