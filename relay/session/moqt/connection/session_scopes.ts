import type { Registry, Scope } from "../../../track/mod.ts";
import { MAX_RELAY_SCOPES } from "../../limits.ts";

/**
 * The worlds of names that a session uses: its own, which the peer chose by the path it connected to,
 * and for another relay those that its requests name.
 */
export class SessionScopes {
  readonly #registry: Registry;
  readonly #entered = new Map<string, Scope>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The scope of this key, in use until the session ends; undefined when there are too many. */
  enter(key: string): Scope | undefined {
    const known = this.#entered.get(key);
    if (known !== undefined) return known;
    if (this.#entered.size >= MAX_RELAY_SCOPES) return undefined;
    const scope = this.#registry.enter(key);
    this.#entered.set(key, scope);
    return scope;
  }

  /** The session ended. */
  leave(): void {
    for (const key of this.#entered.keys()) this.#registry.leave(key);
    this.#entered.clear();
  }
}
