import { KNOWN_ADDRESS_WEIGHT } from "./limits.ts";

/** A handshake that has a place, which it gives back when it is over. */
export interface HandshakeSlot {
  give(): void;
}

/** Whom a place is for. */
export interface HandshakePeer {
  /** What counts as one address. */
  readonly key: string;
  /** Whether its handshakes are given up last. */
  readonly isKnown: boolean;
}

/**
 * Places for handshakes under way. When there is none left, the oldest handshake of the address that
 * has the most is given up: whoever begins many and finishes none pushes out their own, and with
 * forged addresses those that should have been finished long ago.
 */
export class HandshakeSlots {
  readonly #limit: number;
  // The oldest first, in each and among all.
  readonly #byAddress = new Map<string, Handshakes>();
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Handshakes under way. */
  get taken(): number {
    return this.#taken;
  }

  /** A place for a handshake with a peer; `giveUp` is called when another needs it. */
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

/** The handshakes of one address. */
interface Handshakes {
  readonly weight: number;
  /** How each is given up. */
  readonly open: Set<() => void>;
}
