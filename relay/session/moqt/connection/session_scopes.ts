import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { ControlMessageOf } from "@qumo/shared/wire";
import type { Refusal, Registry, Scope } from "../../../track/mod.ts";
import { MAX_RELAY_SCOPES } from "../../limits.ts";

/** A request for a track, which another relay may make on behalf of a scope. */
type RequestMessage = ControlMessageOf<"subscribe" | "trackStatus" | "fetch">;

/**
 * The scopes that a session uses: its own, selected by the path of the connection, and for another
 * relay those that its requests name.
 */
export class SessionScopes {
  readonly #registry: Registry;
  readonly #entered = new Map<string, Scope>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The scope of this key, in use until the session ends; undefined at the limit. */
  enter(key: string): Scope | undefined {
    const known = this.#entered.get(key);
    if (known !== undefined) return known;
    if (this.#entered.size >= MAX_RELAY_SCOPES) return undefined;
    const scope = this.#registry.enter(key);
    this.#entered.set(key, scope);
    return scope;
  }

  /** The scope that a request of another relay names, or the session's own where it names none. */
  of({ parameters }: RequestMessage, own: Scope): Outcome<Scope, Refusal> {
    const { meshScope: key } = parameters;
    if (key === undefined) return done(own);
    const scope = this.enter(key);
    return scope === undefined ? refused(TOO_MANY_SCOPES) : done(scope);
  }

  /** Releases all scopes; called when the session ends. */
  leave(): void {
    for (const key of this.#entered.keys()) this.#registry.leave(key);
    this.#entered.clear();
  }
}

const TOO_MANY_SCOPES: Refusal = { kind: "excessive_load", reason: "too many scopes" };
