import type { AccessTarget } from "@qumo/shared/topology/access_schemas";
import type { Namespace } from "@qumo/shared/wire";
import { NameTree } from "./name_tree.ts";
import type { Holder } from "./policy.ts";
import { keyOf, targetsOf } from "./revocation_list.ts";
import type { Denial } from "./denial.ts";

/** The rights of one session that is here. */
export interface Bearer {
  readonly session: number;
  /** When it came, in milliseconds since 1970. */
  readonly since: number;
  readonly holder: Readonly<Record<string, string | undefined>>;
  /** Tracks that it publishes. */
  readonly tracks: number;
  readonly requests: readonly PresentRequest[];
  /** Looks again at what is allowed; returns what became of it. */
  review(): Loss;
  /** Ends the session if it came with a token that is meant, otherwise its requests with one. */
  end(denial: Denial, isMeant: (holder: Holder) => boolean): Loss;
  /** Ends the session. */
  expel(denial: Denial): Loss;
}

/** What a session lost. */
export interface Loss {
  readonly requests: number;
  /** Whether nothing is left, and the session ends. */
  readonly isOver: boolean;
}

/** A request that is here. */
export interface PresentRequest {
  readonly bearer: Bearer;
  /** Of two requests the one that came later has the higher one. */
  readonly number: number;
  /** Whether the peer sends what it is about. */
  readonly publishes: boolean;
  /** Whether the peer gets what it is about. */
  readonly receives: boolean;
  /** Ends it. */
  cut(denial: Denial): void;
}

/** The sessions and requests that are here, by what can be revoked: nobody else is looked at. */
export class Present {
  readonly #sessions = new Map<number, Bearer>();
  // By kind and value, with how often each has it.
  readonly #holders = new Map<string, Map<Bearer, number>>();
  readonly #requests = new NameTree<PresentRequest>();

  /** All sessions. */
  get sessions(): ReadonlyMap<number, Bearer> {
    return this.#sessions;
  }

  enter(bearer: Bearer): void {
    this.#sessions.set(bearer.session, bearer);
  }

  leave(bearer: Bearer): void {
    if (this.#sessions.get(bearer.session) === bearer) this.#sessions.delete(bearer.session);
  }

  /** The session, or one of its requests, has a token of this holder. */
  hold(bearer: Bearer, holder: Holder): void {
    for (const [kind, value] of targetsOf(holder)) {
      const key = keyOf({ kind, value });
      let bearers = this.#holders.get(key);
      if (bearers === undefined) this.#holders.set(key, bearers = new Map());
      bearers.set(bearer, (bearers.get(bearer) ?? 0) + 1);
    }
  }

  /** Takes one {@linkcode Present.hold} back. */
  release(bearer: Bearer, holder: Holder): void {
    for (const [kind, value] of targetsOf(holder)) {
      const key = keyOf({ kind, value });
      const bearers = this.#holders.get(key);
      const count = bearers?.get(bearer) ?? 0;
      if (count > 1) bearers!.set(bearer, count - 1);
      else if (bearers?.delete(bearer) && bearers.size === 0) this.#holders.delete(key);
    }
  }

  /** A request for a name, or for what is under it. */
  begin(name: Namespace, request: PresentRequest): void {
    this.#requests.add(name, request);
  }

  /** The request is over. */
  done(name: Namespace, request: PresentRequest): void {
    this.#requests.delete(name, request);
  }

  /** Those who have a token that is meant. */
  having(target: AccessTarget): Bearer[] {
    return [...this.#holders.get(keyOf(target))?.keys() ?? []];
  }

  /** The requests for a name or something under it. */
  under(name: Namespace): PresentRequest[] {
    return [...this.#requests.under(name)];
  }

  /** Those with a request for a name, for something under it, or that are shown what is under it. */
  around(name: Namespace): Set<Bearer> {
    const bearers = new Set<Bearer>();
    for (const { bearer } of this.#requests.above(name)) bearers.add(bearer);
    for (const { bearer } of this.#requests.under(name)) bearers.add(bearer);
    return bearers;
  }
}
