import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { type PolicyTerms, type Refusal, refusal } from "@qumo/shared/topology";
import type { EventLog } from "../events/mod.ts";
import { type AccessBook, type AccessCommand, isInForce, revocationId } from "../registry/mod.ts";
import type { AccessFeed } from "./access_feed.ts";
import { accessWords, policyView, revocationView } from "./access_views.ts";
import type { Journal } from "./journal.ts";
import type { TenantUsages } from "./tenant_usages.ts";
import type { AccessUseCases, Kick, KickOrder, PageQuery, RevokeOrder } from "./use_cases.ts";

/** The dependencies of {@linkcode AccessService}. */
export interface AccessParts {
  readonly clock: Clock;
  readonly book: AccessBook;
  readonly journal: Journal;
  readonly feed: AccessFeed;
  readonly events: EventLog;
  readonly usages: TenantUsages;
  readonly revision: () => number;
}

/** Tells other controllers of a kick; returns how many they are. */
type PassOn = (kick: Kick) => number;

/** Tells the other controllers of a shared store of a kick; rejects when they cannot be told. */
type Share = (kick: Kick) => Promise<void>;

/** Use cases about access: revocations, policies of tenants, kicks. */
export class AccessService implements AccessUseCases {
  readonly #parts: AccessParts;
  /** Kicks that the other controllers of the store were not told. */
  kicksLost = 0;
  #passOn: PassOn = () => 0;
  #share: Share | undefined;

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /** Registers who tells other controllers of kicks. */
  passKicksOn(passOn: PassOn): void {
    this.#passOn = passOn;
  }

  /** Registers who tells the other controllers of the store of kicks. */
  shareKicks(share: Share): void {
    this.#share = share;
  }

  async revoke({ kind, value, reason, expires_at: expires }: RevokeOrder, by: string) {
    const { clock, events, book } = this.#parts;
    const target = { kind, value };
    const outcome = await this.#submit({
      kind: "revoke",
      target,
      ...(reason !== undefined && { reason }),
      ...(expires !== undefined && { expiresAt: Date.parse(expires) }),
      wall: clock.wall(),
    });
    if (!outcome.ok) return outcome;
    const entry = book.revocation(revocationId(target));
    if (entry?.rule === undefined) return changed();
    if (outcome.value) events.add("revoked", { by, detail: accessWords(entry) });
    return done({ ...revocationView(entry), revision: this.#parts.revision() });
  }

  async unrevoke(id: string, by: string) {
    const { clock, events, book, revision } = this.#parts;
    const known = book.revocation(id);
    const outcome = await this.#submit({ kind: "unrevoke", id, wall: clock.wall() });
    if (!outcome.ok) return outcome;
    events.add("unrevoked", { by, detail: known === undefined ? id : accessWords(known) });
    return done({ id, status: "unrevoked" as const, revision: revision() });
  }

  revocations({ after, limit }: PageQuery) {
    const { book, clock, revision } = this.#parts;
    const page = book.page("revocation", { after, limit, wall: clock.wall() });
    const last = page.length === limit ? page.at(-1) : undefined;
    return Promise.resolve(done({
      revision: revision(),
      count: page.length,
      revocations: page.map(revocationView),
      ...(last && { next: last.id }),
    }));
  }

  async setPolicy(tenant: string, terms: PolicyTerms, by: string) {
    const { clock, events } = this.#parts;
    const outcome = await this.#submit({ kind: "policy", tenant, terms, wall: clock.wall() });
    if (!outcome.ok) return outcome;
    if (outcome.value) events.add("policy_set", { by, detail: tenant });
    const set = await this.policy(tenant);
    return set.ok ? set : changed();
  }

  async deletePolicy(tenant: string, by: string) {
    const { clock, events, revision } = this.#parts;
    const outcome = await this.#submit({ kind: "policy", tenant, wall: clock.wall() });
    if (!outcome.ok) return outcome;
    events.add("policy_deleted", { by, detail: tenant });
    return done({ tenant, status: "deleted" as const, revision: revision() });
  }

  policy(tenant: string) {
    const { book, clock, usages, revision } = this.#parts;
    const entry = book.policy(tenant);
    if (entry === undefined || !isInForce(entry, clock.wall())) {
      return Promise.resolve(none("The tenant has no policy"));
    }
    const { tenant: _, ...used } = usages.of(tenant);
    return Promise.resolve(done({ ...policyView(entry), used, revision: revision() }));
  }

  policies({ after, limit }: PageQuery) {
    const { book, clock, revision } = this.#parts;
    const page = book.page("policy", { after, limit, wall: clock.wall() });
    const last = page.length === limit ? page.at(-1) : undefined;
    return Promise.resolve(done({
      revision: revision(),
      count: page.length,
      policies: page.map(policyView),
      ...(last && { next: last.id }),
    }));
  }

  async kick(order: KickOrder, by: string) {
    const { events, revision } = this.#parts;
    const { kind, value, reason = "" } = order;
    const kick = { ...order, id: crypto.randomUUID() };
    const relays = this.kickHere(kick);
    const controllers = this.#passOn(kick);
    const etcd = await this.#shareKick(kick);
    const why = reason === "" ? "" : `: ${reason}`;
    const lost = etcd === "not_told"
      ? " (not told to other controllers: etcd does not answer)"
      : "";
    const detail = `${kind} ${value.slice(0, 200)}${why}${lost}`;
    events.add("kicked", { by, count: relays, detail });
    return done({ id: kick.id, relays, controllers, ...(etcd && { etcd }), revision: revision() });
  }

  /** Tells the relays that follow this controller; returns how many they are. */
  kickHere({ id, kind, value, relay, reason }: Kick): number {
    const data = JSON.stringify({ id, kind, value, ...(reason !== undefined && { reason }) });
    const only = kind === "session" ? value.slice(0, value.lastIndexOf("/")) : relay;
    if (relay !== undefined && only !== relay) return 0;
    return this.#parts.feed.kick({ event: "kick", data }, only);
  }

  async #shareKick(kick: Kick): Promise<"told" | "not_told" | undefined> {
    if (this.#share === undefined) return undefined;
    try {
      await this.#share(kick);
      return "told";
    } catch {
      this.kicksLost++;
      return "not_told";
    }
  }

  async #submit(command: AccessCommand): Promise<Outcome<boolean, Refusal>> {
    const outcome = await this.#parts.journal.submit(command);
    return outcome.ok ? done(outcome.value.hasChanged) : outcome;
  }
}

/** Somebody else took back at once what was just ordered. */
function changed() {
  return refused(refusal("unavailable", "It was changed again meanwhile"));
}

function none(message: string) {
  return refused(refusal("not_found", message));
}
