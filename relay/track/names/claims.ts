import { type FullTrackName, hasPrefix, type Namespace } from "@qumo/shared/wire";
import type { Publisher } from "../sources/publisher.ts";

/** A takeover of a namespace by another publisher. */
interface Defeat {
  readonly winner: Publisher;
  readonly namespace: Namespace;
  isOver: boolean;
}

/**
 * Takeovers of namespaces: while the winner is connected, the loser is not asked for what the
 * winner has, so that a track does not alternate between two publishers.
 */
export class Claims {
  readonly #lost = new WeakMap<Publisher, Set<Defeat>>();
  readonly #won = new WeakMap<Publisher, Set<Defeat>>();

  /** Records a takeover; returns whether it is new. */
  lost(loser: Publisher, winner: Publisher, namespace: Namespace): boolean {
    if (this.#defeats(loser, { namespace, name: NO_NAME }).some((one) => one.winner === winner)) {
      return false;
    }
    const defeat: Defeat = { winner, namespace, isOver: false };
    add(this.#lost, loser, defeat);
    add(this.#won, winner, defeat);
    return true;
  }

  /** The publishers to which a publisher has lost a track, except `except`. */
  winnersOver(loser: Publisher, name: FullTrackName, except?: Publisher): Publisher[] {
    return this.#defeats(loser, name).map(({ winner }) => winner).filter((one) => one !== except);
  }

  /** Removes the takeovers of a publisher that withdrew a namespace or a track directly in it. */
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
