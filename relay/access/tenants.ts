import type { Clock, Log, Timer } from "@qumo/shared/runtime";
import type { TenantPolicy, TenantUsage } from "@qumo/shared/topology/access_schemas";
import type { Quota } from "../vocabulary/mod.ts";
import { MAX_POLICIES, QUOTA_GRACE_MS, USAGE_LOOK_MS, USAGE_LOOKS } from "./limits.ts";
import type { Holder, Right } from "./policy.ts";
import type { Bearer, Present } from "./present.ts";
import { endNewest } from "./excess.ts";
import { type Measured, TenantMeter } from "./tenant_meter.ts";
import type { Denial } from "./denial.ts";

/** What is counted of tenants. */
export interface TenantCounts {
  /** Sessions and requests that a quota of their tenant refused. */
  readonly quotaRefusals: Record<Quota, number>;
  /** Tenants that use more now than their policy says. */
  tenantsOverQuota: number;
  accessEntriesLeftOut: number;
}

/** The dependencies of {@linkcode Tenants}. */
export interface TenantsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: TenantCounts;
  /** Where this relay runs. */
  readonly region: string;
  readonly present: Present;
}

/**
 * The policies of tenants, and what they use: here as it is measured, elsewhere as the controller says.
 * Who uses as much as it may gets no more; who uses more for some time loses what came last.
 */
export class Tenants {
  readonly #parts: TenantsParts;
  readonly #policies = new Map<string, TenantPolicy>();
  readonly #meters = new Map<string, TenantMeter>();
  #elsewhere: ReadonlyMap<string, TenantUsage> = new Map();
  // Of a former list, which the present one has not named yet.
  #unnamed: Set<string> | undefined;
  #timer: Timer | undefined;

  constructor(parts: TenantsParts) {
    this.#parts = parts;
  }

  /** A list of everything follows. */
  begin(): void {
    this.#unnamed = new Set(this.#policies.keys());
  }

  change(
    { policies, unlimited }: {
      readonly policies: readonly TenantPolicy[];
      readonly unlimited: readonly string[];
    },
  ): void {
    for (const tenant of unlimited) this.#policies.delete(tenant);
    for (const policy of policies) this.#set(policy);
  }

  /** All was told that there is. */
  ready(): void {
    for (const tenant of this.#unnamed ?? []) this.#policies.delete(tenant);
    this.#unnamed = undefined;
  }

  /** What tenants use at all other relays. */
  used(elsewhere: readonly TenantUsage[]): void {
    this.#elsewhere = new Map(elsewhere.map((usage) => [usage.tenant, usage]));
  }

  /** What tenants use here. */
  get usage(): readonly TenantUsage[] {
    return [...this.#meters].map(([tenant, meter]) => ({ tenant, ...meter.measured }));
  }

  /** The meter of a session's tenant, which counts the session from now on; the result ends that. */
  enter(tenant: string, bearer: Bearer): { meter: TenantMeter; leave: () => void } {
    let meter = this.#meters.get(tenant);
    if (meter === undefined) {
      this.#meters.set(tenant, meter = new TenantMeter(this.#parts.clock.now()));
    }
    meter.sessions.add(bearer);
    this.#timer ??= this.#parts.clock.after(USAGE_LOOK_MS, () => this.#look());
    return { meter, leave: () => this.#leave(tenant, bearer) };
  }

  /** Why tokens of a tenant do not count at this relay. */
  bannedHere({ tenant }: Holder): Denial | undefined {
    if (tenant === undefined) return undefined;
    const { region } = this.#parts;
    const regions = this.#policies.get(tenant)?.regions;
    if (regions === undefined || regions.includes(region)) return undefined;
    const reason = `tenant ${tenant} is not served in region ${region || "unnamed"}`;
    return { kind: "unauthorized", reason };
  }

  /** Why a session of a tenant may not come in. */
  ofSession({ tenant }: Holder): Denial | undefined {
    return this.#refusal(tenant, ["sessions"]);
  }

  /** Why a request of a tenant is not taken. */
  ofUse(right: Right, { tenant }: Holder): Denial | undefined {
    const refusal = this.#refusal(tenant, QUOTAS_OF[right]);
    if (refusal === undefined && right === "publish" && tenant !== undefined) {
      this.#meters.get(tenant)?.oneTrackMore();
    }
    return refusal;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #refusal(tenant: string | undefined, quotas: readonly Quota[]): Denial | undefined {
    if (tenant === undefined) return undefined;
    const policy = this.#policies.get(tenant);
    if (policy === undefined) return undefined;
    for (const quota of quotas) {
      const limit = policy[FIELDS[quota]];
      if (limit === undefined || this.#total(tenant, quota) < limit) continue;
      this.#parts.counts.quotaRefusals[quota]++;
      return { kind: "excessive_load", reason: `tenant ${tenant} uses all of its ${quota}` };
    }
    return undefined;
  }

  #total(tenant: string, quota: Quota): number {
    const here = this.#meters.get(tenant)?.measured[FIELDS[quota]] ?? 0;
    return here + (this.#elsewhere.get(tenant)?.[FIELDS[quota]] ?? 0);
  }

  #leave(tenant: string, bearer: Bearer): void {
    const meter = this.#meters.get(tenant);
    meter?.sessions.delete(bearer);
    // What a request of HTTP got counts for longer than it lasted.
    if (meter?.isQuiet) this.#meters.delete(tenant);
    if (this.#meters.size === 0) this.close();
  }

  /** Measures, and ends what is too much for too long. */
  #look(): void {
    const { clock, counts } = this.#parts;
    this.#timer = undefined;
    let over = 0;
    for (const [tenant, meter] of [...this.#meters]) {
      meter.measure(this.#parts.clock.now());
      const policy = this.#policies.get(tenant);
      if (policy !== undefined && this.#isOver(tenant, policy, meter)) over++;
      if (meter.isQuiet) this.#meters.delete(tenant);
    }
    counts.tenantsOverQuota = over;
    if (this.#meters.size > 0) this.#timer ??= clock.after(USAGE_LOOK_MS, () => this.#look());
  }

  #isOver(tenant: string, policy: TenantPolicy, meter: TenantMeter): boolean {
    const now = this.#parts.clock.now();
    const quota = ALL.find((one) => this.#total(tenant, one) > (policy[FIELDS[one]] ?? Infinity));
    if (quota === undefined) {
      meter.cutFrom = undefined;
      return false;
    }
    meter.cutFrom ??= now + QUOTA_GRACE_MS;
    if (now < meter.cutFrom) return true;
    // What was cut shows in what is measured after a while.
    meter.cutFrom = now + USAGE_LOOK_MS * USAGE_LOOKS;
    const limit = policy[FIELDS[quota]]!;
    const share = limit / this.#total(tenant, quota);
    const ended = endNewest(meter.sessions, quota, 1 - share);
    this.#parts.log.warn("tenant uses more than its policy says: what came last is ended", {
      tenant,
      quota,
      limit,
      ended,
    });
    return true;
  }

  #set(policy: TenantPolicy): void {
    const { tenant, regions } = policy;
    const { counts, present } = this.#parts;
    this.#unnamed?.delete(tenant);
    if (!this.#policies.has(tenant) && this.#policies.size >= MAX_POLICIES) {
      return void counts.accessEntriesLeftOut++;
    }
    this.#policies.set(tenant, policy);
    if (regions === undefined) return;
    for (const bearer of present.having({ kind: "tenant", value: tenant })) bearer.review();
  }
}

const FIELDS = {
  sessions: "sessions",
  tracks: "tracks",
  ingress: "ingress_bps",
  egress: "egress_bps",
} as const satisfies Record<Quota, keyof Measured>;

const ALL = Object.keys(FIELDS) as Quota[];

/** What a request of each kind uses. */
const QUOTAS_OF: Record<Right, readonly Quota[]> = {
  publish: ["tracks", "ingress"],
  announce: ["tracks", "ingress"],
  subscribe: ["egress"],
  fetch: ["egress"],
  status: [],
  see: [],
};
