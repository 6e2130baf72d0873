import type { Clock } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Archive } from "../sources/archive.ts";
import type { Cache } from "../objects/cache.ts";
import { MAX_HINT_SCOPES, MAX_HINTS } from "../limits.ts";
import type { Replacement } from "../sources/replacement.ts";
import type { AnnouncedRoute } from "./announced_route.ts";
import { Scope } from "./scope.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

/** Options of {@linkcode Registry}. */
export interface RegistryOptions {
  readonly clock: Clock;
  readonly cache: Cache;
  /** Where groups are kept that the cache lets go; undefined: nowhere. */
  readonly archive?: Archive | undefined;
  /** Milliseconds for which a track is kept after its last subscriber left. */
  readonly linger: number;
  /** Tracks of one scope. */
  readonly maxTracks: number;
  readonly observer?: RegistryObserver;
  /** The replacement policy of a namespace; `newest` by default. */
  readonly policyOf?: (namespace: Namespace) => ReplacementPolicy;
  /** Called for each fetch that joins an equal one. */
  readonly onFetchShared?: () => void;
  /** Called for each takeover; `isNew` for the first between these publishers. */
  readonly onReplaced?: (
    replacement: Replacement & { readonly path: string },
    isNew: boolean,
  ) => void;
}

/**
 * Notified of scopes and of what is published in them. Calls are synchronous and must not throw.
 */
export interface RegistryObserver {
  opened(key: string, scope: Scope): void;
  closed(key: string): void;
  /** A local publisher announced a namespace, or offers a track. */
  published(key: string, namespace: Namespace, track?: FullTrackName): void;
  unpublished(key: string, namespace: Namespace, track?: FullTrackName): void;
  /** The routes by which local publishers have a namespace; none when it is gone. */
  routed(key: string, namespace: Namespace, routes: readonly AnnouncedRoute[]): void;
}

interface Entered {
  readonly scope: Scope;
  sessions: number;
}

/** The scopes of the relay. */
export class Registry {
  readonly cache: Cache;
  readonly #options: RegistryOptions;
  readonly #scopes = new Map<string, Entered>();
  #lastTrackNumber = 0n;

  constructor(options: RegistryOptions) {
    this.cache = options.cache;
    this.#options = options;
  }

  /** The scopes in use. */
  *scopes(): Iterable<Scope> {
    for (const { scope } of this.#scopes.values()) yield scope;
  }

  /**
   * Other scopes in which a namespace, or one under it, is published locally; the first few that
   * are found.
   */
  pathsThatHave(namespace: Namespace, except: Scope): string[] {
    return this.#otherPaths(except, (scope) => scope.publishes(namespace));
  }

  /** Other scopes in which subscribers wait for a namespace that is not published there. */
  pathsThatAwait(namespace: Namespace, except: Scope): string[] {
    return this.#otherPaths(except, (scope) => scope.awaits(namespace));
  }

  #otherPaths(except: Scope, matches: (scope: Scope) => boolean): string[] {
    const found: string[] = [];
    let looked = 0;
    for (const [key, { scope }] of this.#scopes) {
      if (found.length === MAX_HINTS || ++looked > MAX_HINT_SCOPES) break;
      if (scope !== except && matches(scope)) found.push(pathOf(key));
    }
    return found;
  }

  /** The scope, if it is in use. */
  get(key: string): Scope | undefined {
    return this.#scopes.get(key)?.scope;
  }

  /** Enters a scope; called when a session of it starts. */
  enter(key: string): Scope {
    let entered = this.#scopes.get(key);
    if (entered === undefined) {
      entered = { scope: this.#newScope(key), sessions: 0 };
      this.#scopes.set(key, entered);
      this.#options.observer?.opened(key, entered.scope);
    }
    entered.sessions++;
    return entered.scope;
  }

  /** Leaves a scope; an unused scope is removed. */
  leave(key: string): void {
    const entered = this.#scopes.get(key);
    if (entered !== undefined) entered.sessions--;
    for (const [other, { scope, sessions }] of this.#scopes) {
      if (sessions > 0 || !scope.isIdle) continue;
      this.#scopes.delete(other);
      this.#options.observer?.closed(other);
    }
  }

  #newScope(key: string): Scope {
    const { clock, cache, archive, linger, maxTracks, observer, onFetchShared } = this.#options;
    return new Scope({
      path: pathOf(key),
      clock,
      cache,
      archive,
      linger,
      maxTracks,
      nextTrackNumber: () => ++this.#lastTrackNumber,
      policyOf: this.#options.policyOf ?? (() => "newest"),
      onReplaced: (replacement, isNew) =>
        this.#options.onReplaced?.({ ...replacement, path: pathOf(key) }, isNew),
      ...(onFetchShared !== undefined && { onFetchShared }),
      ...(observer !== undefined && {
        local: {
          advertised: (namespace) => observer.published(key, namespace),
          withdrawn: (namespace) => observer.unpublished(key, namespace),
          routed: (namespace, routes) => observer.routed(key, namespace, routes),
          offered: (track) => observer.published(key, track.namespace, track),
          retracted: (track) => observer.unpublished(key, track.namespace, track),
        },
      }),
    });
  }
}

/** The path of a scope's sessions. */
function pathOf(key: string): string {
  return key === "" ? "/" : key;
}
