import { type FullTrackName, hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { Publisher } from "../sources/publisher.ts";

/** One publisher has taken a namespace over from another. */
interface Defeat {
  readonly winner: Publisher;
  readonly namespace: Namespace;
  isOver: boolean;
}

/**
 * Which publishers have lost a namespace to which others: as long as the winner is there the loser is
 * not asked for what the winner has, so that a track does not change back and forth between two.
 */
export class Claims {
  readonly #lost = new WeakMap<Publisher, Set<Defeat>>();
  readonly #won = new WeakMap<Publisher, Set<Defeat>>();

  /** Notes a defeat; whether it is a new one. */
  lost(loser: Publisher, winner: Publisher, namespace: Namespace): boolean {
    if (this.#defeats(loser, { namespace, name: NO_NAME }).some((one) => one.winner === winner)) {
      return false;
    }
    const defeat: Defeat = { winner, namespace, isOver: false };
    add(this.#lost, loser, defeat);
    add(this.#won, winner, defeat);
    return true;
  }

  /** Whom a publisher has lost a track to, who is still there and not `except`. */
  winnersOver(loser: Publisher, name: FullTrackName, except?: Publisher): Publisher[] {
    return this.#defeats(loser, name).map(({ winner }) => winner).filter((one) => one !== except);
  }

  /** A publisher has this namespace, or a track right in it, no more: what it won there is free. */
  left(winner: Publisher, namespace: Namespace): void {
    for (const defeat of [...this.#won.get(winner) ?? []]) {
      if (!hasPrefix(defeat.namespace, namespace)) continue;
      defeat.isOver = true;
      this.#won.get(winner)!.delete(defeat);
    }
  }

  #defeats(loser: Publisher, name: FullTrackName): Defeat[] {
    const defeats = this.#lost.get(loser);
    if (defeats === undefined) return [];
    for (const defeat of [...defeats]) if (defeat.isOver) defeats.delete(defeat);
    return [...defeats].filter(({ namespace }) => hasPrefix(name.namespace, namespace));
  }
}

function add(to: WeakMap<Publisher, Set<Defeat>>, publisher: Publisher, defeat: Defeat): void {
  const known = to.get(publisher);
  if (known === undefined) to.set(publisher, new Set([defeat]));
  else known.add(defeat);
}

const NO_NAME = new Uint8Array(0);
