import type { Clock, Log } from "@qumo/shared/runtime";
import type { Revocation, TenantPolicy, TenantUsage } from "@qumo/shared/topology/access_schemas";
import type { Namespace } from "@qumo/shared/wire";
import type { AccessCut, Quota } from "../vocabulary/mod.ts";
import { Enforcer, type KickOrder, REVOKED_NAME } from "./enforcer.ts";
import { Hold } from "./hold.ts";
import { MAX_KICKS_KNOWN } from "./limits.ts";
import type { Bans } from "./peer_rights.ts";
import type { Holder, Policy } from "./policy.ts";
import { Present } from "./present.ts";
import { fieldsOfTarget, RevocationList } from "./revocation_list.ts";
import { Tenants } from "./tenants.ts";
import type { Denial } from "./denial.ts";

/** What is counted of what controllers order. */
export interface SteeringCounts {
  /** Requests that were ended although they had been allowed. */
  readonly requestsCut: Record<AccessCut, number>;
  /** Revocations that are kept now. */
  revocations: number;
  /** Sessions that had to wait for the revocations. */
  sessionsHeld: number;
  /** Kicks that were carried out. */
  kicks: number;
  /** Entries of a controller that could not be read, or were too many. */
  accessEntriesLeftOut: number;
  /** Sessions and requests that a quota of their tenant refused. */
  readonly quotaRefusals: Record<Quota, number>;
  /** Tenants that use more now than their policy says. */
  tenantsOverQuota: number;
}

/** The dependencies of {@linkcode Steering}. */
export interface SteeringParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: SteeringCounts;
  /** Where this relay runs. */
  readonly region: string;
  /** How long sessions wait for the revocations at start, in milliseconds. */
  readonly waitMs: number;
}

/** What changed of what a controller says about access. */
export interface AccessChange {
  readonly revocations: readonly Revocation[];
  readonly policies: readonly TenantPolicy[];
  readonly unrevoked: readonly string[];
  readonly unlimited: readonly string[];
}

/**
 * What controllers say about access while the relay runs: what is revoked is cut at once and not let in
 * again, and tenants use no more than their policies say. Who is not meant is not looked at.
 */
export class Steering implements Bans {
  readonly present = new Present();
  readonly tenants: Tenants;
  readonly #parts: SteeringParts;
  readonly #list: RevocationList;
  readonly #hold: Hold;
  readonly #enforcer: Enforcer;
  readonly #kicks = new Set<string>();
  // Ids of a former list that the present one has not named yet.
  #unnamed: Set<string> | undefined;
  readonly #onSubjects: (() => void)[] = [];
  #areTooMany = false;

  constructor(parts: SteeringParts) {
    const { clock, log, counts, region } = parts;
    this.#parts = parts;
    this.#list = new RevocationList(clock);
    this.#hold = new Hold(clock);
    this.#enforcer = new Enforcer(this.present, log);
    this.tenants = new Tenants({ clock, log, counts, region, present: this.present });
  }

  /** A controller says what is revoked: nobody comes in until it is known, for some time. */
  follow(relay: string): void {
    const { waitMs, log } = this.#parts;
    this.#enforcer.relay = relay;
    this.#hold.begin(waitMs, () => {
      log.warn("no controller says what is revoked: sessions are let in without it", {
        waited_ms: waitMs,
      });
    });
  }

  /** Whether it is not known what is revoked. */
  get isUnknown(): boolean {
    return this.#hold.isUnknown;
  }

  /** Whether sessions wait for the revocations. */
  get isHeld(): boolean {
    return this.#hold.isHeld;
  }

  /** Resolves when sessions may come in. */
  async admitting(): Promise<void> {
    if (!this.#hold.isHeld) return;
    this.#parts.counts.sessionsHeld++;
    await this.#hold.opened;
  }

  /** A list of everything follows. */
  begin(): void {
    this.#unnamed = new Set(this.#list.ids());
    this.tenants.begin();
  }

  /** A part of the list, or a change. */
  change({ revocations, policies, unrevoked, unlimited }: AccessChange): void {
    const { counts } = this.#parts;
    for (const id of unrevoked) this.#restore(id);
    for (const one of revocations) this.#revoke(one);
    this.tenants.change({ policies, unlimited });
    counts.revocations = this.#list.size;
  }

  /** All was told that there is. */
  ready(): void {
    for (const id of this.#unnamed ?? []) this.#restore(id);
    this.#unnamed = undefined;
    this.tenants.ready();
    const { counts, log } = this.#parts;
    counts.revocations = this.#list.size;
    if (this.isUnknown) log.info("revocations are known", { revocations: this.#list.size });
    this.#hold.end();
  }

  /** The controller knows of no revocations. */
  unsupported(): void {
    this.#hold.end();
  }

  /** Some entries could not be read. */
  leftOut(count: number): void {
    this.#parts.counts.accessEntriesLeftOut += count;
    this.#parts.log.warn("entries of the controller about access are left out", { count });
  }

  /** Ends what is meant and there; nothing is forbidden. */
  kick(order: KickOrder): void {
    const { id, kind } = order;
    if (this.#kicks.has(id)) return;
    this.#kicks.add(id);
    const [oldest] = this.#kicks;
    if (this.#kicks.size > MAX_KICKS_KNOWN) this.#kicks.delete(oldest!);
    const sessions = this.#enforcer.kick(order);
    this.#parts.counts.kicks++;
    this.#parts.log.info("kick carried out", { kick: id, kind, sessions });
  }

  /** Why a session with these tokens may not come in. */
  ofSession(policies: readonly Policy[]): Denial | undefined {
    for (const { holder } of policies) {
      const denial = this.ofHolder(holder) ?? this.tenants.ofSession(holder);
      if (denial !== undefined) return denial;
    }
    return undefined;
  }

  /** What tenants use here. */
  get usage(): readonly TenantUsage[] {
    return this.tenants.usage;
  }

  /** What tenants use at all other relays. */
  used(elsewhere: readonly TenantUsage[]): void {
    this.tenants.used(elsewhere);
  }

  ofHolder(holder: Holder): Denial | undefined {
    const revocation = this.#list.ofHolder(holder);
    if (revocation === undefined) return this.tenants.bannedHere(holder);
    const { kind, value } = revocation;
    const what = kind === "token" ? "" : ` by its ${kind}`;
    const { tokenId = value } = holder;
    return { kind: "unauthorized", reason: `token ${tokenId} is revoked${what}` };
  }

  /** Why another relay is not to be called: its name is revoked. */
  ofRelay(name: string): string | undefined {
    const relay = { tokenId: undefined, subject: name, tenant: undefined, keyId: undefined };
    const revocation = this.#list.ofHolder(relay);
    if (revocation === undefined) return undefined;
    const { reason = "" } = revocation;
    return reason === "" ? "it is revoked" : `it is revoked: ${reason}`;
  }

  /** Calls `act` when a subject is revoked, or is not any more. */
  followSubjects(act: () => void): void {
    this.#onSubjects.push(act);
  }

  ofName(name: Namespace): Denial | undefined {
    if (this.#list.ofName(name) === undefined) return undefined;
    return REVOKED_NAME;
  }

  cut({ kind }: Denial): void {
    this.#parts.counts.requestsCut[CUT_BY[kind]]++;
  }

  close(): void {
    this.#hold.close();
    this.tenants.close();
  }

  #revoke(revocation: Revocation): void {
    const isKnown = this.#list.has(revocation.id);
    this.#unnamed?.delete(revocation.id);
    const added = this.#list.add(revocation);
    if (added === "full") this.#tooMany();
    if (added !== "added" || isKnown) return;
    const { id, kind } = revocation;
    if (kind === "subject") this.#tellSubjects();
    const sessions = this.#enforcer.revoke(revocation);
    this.#parts.log.info("revocation in force", { revocation: id, kind, sessions });
  }

  #restore(id: string): void {
    const revocation = this.#list.delete(id);
    if (revocation?.kind === "subject") this.#tellSubjects();
    const namespace = revocation && fieldsOfTarget(revocation);
    if (namespace === undefined) return;
    // What was hidden can be seen again.
    for (const bearer of this.present.around(namespace)) bearer.review();
  }

  #tellSubjects(): void {
    for (const act of this.#onSubjects) act();
  }

  #tooMany(): void {
    this.#parts.counts.accessEntriesLeftOut++;
    if (this.#areTooMany) return;
    this.#areTooMany = true;
    this.#parts.log.error("too many revocations: further ones are not in force here", {
      revocations: this.#list.size,
    });
  }
}

const CUT_BY: Record<Denial["kind"], AccessCut> = {
  expired_auth_token: "expired",
  malformed_auth_token: "revoked",
  unauthorized: "revoked",
  going_away: "kicked",
  excessive_load: "over_quota",
};
