import { type AccessKind, type Refusal, refusal } from "@qumo/shared/topology";
import {
  type AccessEntry,
  accessKey,
  type PolicyEntry,
  type RevocationEntry,
  type RevocationRule,
} from "./access.ts";
import { SortedStrings } from "./sorted_strings.ts";

/** How much a book holds. */
export interface AccessCapacity {
  readonly maxRevocations: number;
  readonly maxRevocationsPerKind: number;
  readonly maxPolicies: number;
  /** Characters of the texts of all. */
  readonly maxAccessLength: number;
}

/** How many entries there are. */
export interface AccessCounts {
  readonly revocations: Readonly<Partial<Record<AccessKind, number>>>;
  readonly policies: number;
}

/** All statements about access: those in force, and those that were taken back and may come again. */
export class AccessBook {
  readonly #capacity: AccessCapacity;
  readonly #entries = new Map<string, AccessEntry>();
  readonly #keys = new SortedStrings();
  /** The keys of revocations of subjects, by subject: relays are looked up at each heartbeat. */
  readonly #subjects = new Map<string, string>();
  #length = 0;
  /** Changes whenever an entry does. */
  version = 0;

  constructor(capacity: AccessCapacity) {
    this.#capacity = capacity;
  }

  /** Every entry, taken back or not, unordered. */
  get entries(): ReadonlyMap<string, AccessEntry> {
    return this.#entries;
  }

  /** The entry of a revocation's id. */
  revocation(id: string): RevocationEntry | undefined {
    return this.#entries.get(accessKey({ about: "revocation", id })) as RevocationEntry | undefined;
  }

  /** The entry of a tenant. */
  policy(id: string): PolicyEntry | undefined {
    return this.#entries.get(accessKey({ about: "policy", id })) as PolicyEntry | undefined;
  }

  /** What revokes a subject, such as the name of a relay, at `wall`. */
  revokedSubject(subject: string, wall: number): RevocationRule | undefined {
    const key = this.#subjects.get(subject);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    const isSo = entry?.about === "revocation" && isInForce(entry, wall);
    return isSo ? entry.rule : undefined;
  }

  /** Replaces the entry of its key. */
  set(entry: AccessEntry): void {
    const key = accessKey(entry);
    this.delete(key);
    this.#entries.set(key, entry);
    this.#keys.add(key);
    const subject = subjectOf(entry);
    if (subject !== undefined) this.#subjects.set(subject, key);
    this.#length += lengthOf(entry);
    this.version++;
  }

  /** Forgets an entry. */
  delete(key: string): void {
    const known = this.#entries.get(key);
    if (known === undefined) return;
    this.#entries.delete(key);
    this.#keys.delete(key);
    const subject = subjectOf(known);
    if (subject !== undefined) this.#subjects.delete(subject);
    this.#length -= lengthOf(known);
    this.version++;
  }

  /** Forgets what is over at `wall`. */
  expire(wall: number): void {
    for (const [key, { until = Infinity }] of this.#entries) if (until <= wall) this.delete(key);
  }

  /** Up to `limit` entries in force of one sort after an id, in order. */
  page<About extends AccessEntry["about"]>(
    about: About,
    { after = "", limit, wall }: { after?: string | undefined; limit: number; wall: number },
  ): Extract<AccessEntry, { about: About }>[] {
    const page: AccessEntry[] = [];
    const [start, head] = [accessKey({ about, id: after }), accessKey({ about, id: "" })];
    for (const key of this.#keys.from(start)) {
      if (!key.startsWith(head) || page.length >= limit) break;
      const entry = this.#entries.get(key)!;
      if (entry.id !== after && isInForce(entry, wall)) page.push(entry);
    }
    return page as Extract<AccessEntry, { about: About }>[];
  }

  /** How many are in force at `wall`. */
  counts(wall: number): AccessCounts {
    const revocations: Partial<Record<AccessKind, number>> = {};
    let policies = 0;
    for (const entry of this.#entries.values()) {
      if (!isInForce(entry, wall)) continue;
      if (entry.about === "policy") policies++;
      else {
        const { kind } = entry.rule!.target;
        revocations[kind] = (revocations[kind] ?? 0) + 1;
      }
    }
    return { revocations, policies };
  }

  /** The refusal when there is no room for an entry. What was taken back counts until it is forgotten. */
  refusal(entry: AccessEntry): Refusal | undefined {
    const { maxRevocations, maxRevocationsPerKind, maxPolicies, maxAccessLength } = this.#capacity;
    const known = this.#entries.get(accessKey(entry));
    const length = this.#length - (known === undefined ? 0 : lengthOf(known)) + lengthOf(entry);
    if (length > maxAccessLength) {
      return full(`All revocations and policies may be ${maxAccessLength} characters long`);
    }
    if (known !== undefined) return undefined;
    const own = [...this.#entries.values()].filter(({ about }) => about === entry.about);
    if (entry.about === "policy") {
      return own.length >= maxPolicies ? full(`There may be ${maxPolicies} policies`) : undefined;
    }
    if (own.length >= maxRevocations) return full(`There may be ${maxRevocations} revocations`);
    const kind = kindOf(entry);
    const alike = own.filter((one) => kindOf(one) === kind);
    if (alike.length < maxRevocationsPerKind) return undefined;
    return full(`There may be ${maxRevocationsPerKind} revocations of one kind`);
  }
}

/** Whether an entry forbids or limits something at `wall`. */
export function isInForce(entry: AccessEntry, wall: number): boolean {
  if (entry.rule === undefined) return false;
  return entry.about === "policy" || entry.rule.expiresAt > wall;
}

function kindOf({ rule }: AccessEntry): AccessKind | undefined {
  return rule !== undefined && "target" in rule ? rule.target.kind : undefined;
}

function subjectOf(entry: AccessEntry): string | undefined {
  if (entry.about !== "revocation" || entry.rule?.target.kind !== "subject") return undefined;
  return entry.rule.target.value;
}

function lengthOf({ id, rule }: AccessEntry): number {
  if (rule === undefined) return id.length;
  if ("target" in rule) return id.length + rule.target.value.length + (rule.reason?.length ?? 0);
  return (rule.regions ?? []).reduce((sum, region) => sum + region.length, id.length);
}

function full(message: string): Refusal {
  return refusal("limit_reached", message);
}
