import type { Clock } from "@qumo/shared/runtime";
import { parseAnnounce } from "@qumo/shared/topology";
import type { AccessTarget, Revocation } from "@qumo/shared/topology/access_schemas";
import type { Namespace } from "@qumo/shared/wire";
import { MAX_REVOCATIONS } from "./limits.ts";
import { NameTree } from "./name_tree.ts";
import { fieldsOfUrl } from "./paths.ts";
import type { Holder } from "./policy.ts";

/** A revocation that is in force until its time. */
export interface Ban {
  readonly revocation: Revocation;
  /** In milliseconds since 1970. */
  readonly until: number;
}

/** What is revoked: found by whose a token is and by the fields of a name. */
export class RevocationList {
  readonly #clock: Pick<Clock, "wall">;
  readonly #bans = new Map<string, Ban>();
  // By kind and value.
  readonly #exact = new Map<string, Set<Ban>>();
  readonly #prefixes = new NameTree<Ban>();

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  /** The number of revocations that are kept. */
  get size(): number {
    return this.#bans.size;
  }

  has(id: string): boolean {
    return this.#bans.has(id);
  }

  /** The ids of all revocations. */
  ids(): Iterable<string> {
    return this.#bans.keys();
  }

  /** Adds one; `full` when there are too many, `over` when its time is over. */
  add(revocation: Revocation): "added" | "full" | "over" {
    const until = Date.parse(revocation.expires_at);
    if (until <= this.#clock.wall()) return "over";
    if (!this.has(revocation.id) && this.#bans.size >= MAX_REVOCATIONS) {
      this.#dropOver();
      if (this.#bans.size >= MAX_REVOCATIONS) return "full";
    }
    this.delete(revocation.id);
    const ban: Ban = { revocation, until };
    this.#bans.set(revocation.id, ban);
    const fields = fieldsOfTarget(revocation);
    if (fields !== undefined) this.#prefixes.add(fields, ban);
    else setOf(this.#exact, keyOf(revocation)).add(ban);
    return "added";
  }

  /** Takes one back; returns what it was. */
  delete(id: string): Revocation | undefined {
    const ban = this.#bans.get(id);
    if (ban === undefined) return undefined;
    this.#bans.delete(id);
    const { revocation } = ban;
    const fields = fieldsOfTarget(revocation);
    if (fields !== undefined) this.#prefixes.delete(fields, ban);
    const key = keyOf(revocation);
    const others = this.#exact.get(key);
    others?.delete(ban);
    if (others?.size === 0) this.#exact.delete(key);
    return revocation;
  }

  /** What revokes a token with this holder, and by which of its words. */
  ofHolder(holder: Holder): Revocation | undefined {
    if (this.#exact.size === 0) return undefined;
    for (const [kind, value] of targetsOf(holder)) {
      const ban = this.#inForce(this.#exact.get(keyOf({ kind, value })) ?? []);
      if (ban !== undefined) return ban.revocation;
    }
    return undefined;
  }

  /** What revokes a name, whoever asks. */
  ofName(name: Namespace): Revocation | undefined {
    if (this.#prefixes.size === 0) return undefined;
    return this.#inForce(this.#prefixes.above(name))?.revocation;
  }

  #inForce(bans: Iterable<Ban>): Ban | undefined {
    const now = this.#clock.wall();
    for (const ban of bans) if (ban.until > now) return ban;
    return undefined;
  }

  #dropOver(): void {
    const now = this.#clock.wall();
    for (const [id, { until }] of [...this.#bans]) if (until <= now) this.delete(id);
  }
}

/** What of a token can be revoked. */
export function targetsOf(
  { tokenId, subject, tenant, keyId }: Holder,
): [kind: AccessTarget["kind"], value: string][] {
  const words = [["token", tokenId], ["subject", subject], ["tenant", tenant], ["key", keyId]];
  return words.filter((pair): pair is [AccessTarget["kind"], string] => pair[1] !== undefined);
}

/** The fields of a namespace that is meant, after those of its scope; undefined for another kind. */
export function fieldsOfTarget({ kind, value }: AccessTarget): Namespace | undefined {
  if (kind !== "namespace") return undefined;
  const announced = parseAnnounce(value);
  if (!announced.ok) return undefined;
  const { scope, namespace } = announced.value;
  return [...fieldsOfUrl(scope), ...namespace];
}

/** One text for a kind and a value. */
export function keyOf({ kind, value }: AccessTarget): string {
  return `${kind} ${value}`;
}

function setOf<T>(sets: Map<string, Set<T>>, key: string): Set<T> {
  let set = sets.get(key);
  if (set === undefined) sets.set(key, set = new Set());
  return set;
}
