import type { Clock } from "@qumo/shared/runtime";
import type { Cache } from "./cache.ts";
import { Scope } from "./scope.ts";

/** Settings of {@linkcode Registry}. */
export interface RegistryOptions {
  readonly clock: Clock;
  readonly cache: Cache;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** Tracks of one scope at a time. */
  readonly maxTracks: number;
}

interface Entered {
  readonly scope: Scope;
  sessions: number;
}

/** Every scope of the relay. */
export class Registry {
  readonly cache: Cache;
  readonly #options: RegistryOptions;
  readonly #scopes = new Map<string, Entered>();
  #lastAlias = 0n;

  constructor(options: RegistryOptions) {
    this.cache = options.cache;
    this.#options = options;
  }

  /** The scopes in use. */
  *scopes(): Iterable<Scope> {
    for (const { scope } of this.#scopes.values()) yield scope;
  }

  /** A session of this scope began. */
  enter(key: string): Scope {
    let entered = this.#scopes.get(key);
    if (entered === undefined) {
      const scope = new Scope({ ...this.#options, nextAlias: () => ++this.#lastAlias });
      this.#scopes.set(key, entered = { scope, sessions: 0 });
    }
    entered.sessions++;
    return entered.scope;
  }

  /** A session of this scope ended; scopes that nobody uses are forgotten. */
  leave(key: string): void {
    const entered = this.#scopes.get(key);
    if (entered !== undefined) entered.sessions--;
    for (const [other, { scope, sessions }] of this.#scopes) {
      if (sessions === 0 && scope.isIdle) this.#scopes.delete(other);
    }
  }
}
