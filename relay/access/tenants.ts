import type { TenantPolicy } from "@qumo/shared/topology/access_schemas";
import { MAX_POLICIES } from "./limits.ts";
import type { Holder } from "./policy.ts";
import type { Present } from "./present.ts";
import type { Denial } from "./denial.ts";

/** The dependencies of {@linkcode Tenants}. */
export interface TenantsParts {
  readonly counts: { accessEntriesLeftOut: number };
  readonly region: string;
  readonly present: Present;
}

/** The policies of tenants. */
export class Tenants {
  readonly #parts: TenantsParts;
  readonly #policies = new Map<string, TenantPolicy>();
  // Of a former list, which the present one has not named yet.
  #unnamed: Set<string> | undefined;

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

  /** Why tokens of a tenant do not count at this relay. */
  bannedHere({ tenant }: Holder): Denial | undefined {
    if (tenant === undefined) return undefined;
    const { region } = this.#parts;
    const regions = this.#policies.get(tenant)?.regions;
    if (regions === undefined || regions.includes(region)) return undefined;
    const reason = `tenant ${tenant} is not served in region ${region || "unnamed"}`;
    return { kind: "unauthorized", reason };
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
