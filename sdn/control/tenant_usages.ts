import type { TenantUsage } from "@qumo/shared/topology";
import { MAX_USAGES } from "./limits.ts";

/** What tenants use at one relay. */
export interface RelayUsages {
  readonly relay: string;
  readonly tenants: readonly TenantUsage[];
  /** When the relay said so. */
  readonly heardAt: number;
}

/**
 * What tenants use at each relay, as heartbeats say, here or at another controller. What a relay said
 * counts until its next word, or for one lease.
 */
export class TenantUsages {
  readonly #relays = new Map<string, RelayUsages>();
  readonly #totals = new Map<string, Totals>();
  readonly #options: { readonly now: () => number; readonly leaseMs: number };
  #size = 0;
  #leftOut = 0;
  readonly #followers: ((relay: string) => void)[] = [];

  constructor(options: { readonly now: () => number; readonly leaseMs: number }) {
    this.#options = options;
  }

  /** The number of reports of one tenant at one relay. */
  get size(): number {
    return this.#size;
  }

  /** Reports that were not taken because there are too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Calls `act` with each relay whose heartbeat said here what tenants use. */
  follow(act: (relay: string) => void): void {
    this.#followers.push(act);
  }

  /** A heartbeat: it says what tenants use, or that nothing changed. */
  beat(relay: string, tenants: readonly TenantUsage[] | undefined): void {
    const said = tenants ?? this.#relays.get(relay)?.tenants;
    if (said === undefined) return;
    this.take({ relay, tenants: said, heardAt: this.#options.now() });
    for (const act of this.#followers) act(relay);
  }

  /** Takes what a relay said, unless it said something later. */
  take(said: RelayUsages): void {
    const { relay, tenants, heardAt } = said;
    const known = this.#relays.get(relay);
    if (known !== undefined && known.heardAt > heardAt) return;
    this.#expire();
    this.forget(relay);
    if (tenants.length === 0) return;
    if (this.#size + tenants.length > MAX_USAGES) {
      this.#leftOut += tenants.length;
      return;
    }
    // The last one to speak is the last one to expire.
    this.#relays.set(relay, said);
    this.#add(tenants, 1);
  }

  /** Forgets what a relay said: it is gone. */
  forget(relay: string): void {
    const known = this.#relays.get(relay);
    if (known === undefined) return;
    this.#relays.delete(relay);
    this.#add(known.tenants, -1);
  }

  /** What relays said. */
  said(relay: string): RelayUsages | undefined {
    return this.#relays.get(relay);
  }

  /** The relays that said something. */
  get relays(): IterableIterator<string> {
    return this.#relays.keys();
  }

  /** What a tenant uses at all relays. */
  of(tenant: string): TenantUsage {
    this.#expire();
    return rounded(tenant, this.#totals.get(tenant) ?? NOTHING);
  }

  /** What the tenants of a relay use at all others. */
  elsewhere(relay: string): TenantUsage[] {
    this.#expire();
    return (this.#relays.get(relay)?.tenants ?? []).map((own) =>
      rounded(own.tenant, minus(this.#totals.get(own.tenant) ?? NOTHING, own))
    );
  }

  #expire(): void {
    const { now, leaseMs } = this.#options;
    const oldest = now() - leaseMs;
    for (const [relay, { heardAt }] of this.#relays) if (heardAt <= oldest) this.forget(relay);
  }

  #add(tenants: readonly TenantUsage[], sign: 1 | -1): void {
    this.#size += sign * tenants.length;
    for (const { tenant, sessions, tracks, ingress_bps, egress_bps } of tenants) {
      const sum = this.#totals.get(tenant) ?? { ...NOTHING };
      sum.reports += sign;
      sum.sessions += sign * sessions;
      sum.tracks += sign * tracks;
      sum.ingress_bps += sign * ingress_bps;
      sum.egress_bps += sign * egress_bps;
      if (sum.reports === 0) this.#totals.delete(tenant);
      else this.#totals.set(tenant, sum);
    }
  }
}

interface Totals extends Omit<TenantUsage, "tenant"> {
  reports: number;
  sessions: number;
  tracks: number;
  ingress_bps: number;
  egress_bps: number;
}

const NOTHING: Totals = { reports: 0, sessions: 0, tracks: 0, ingress_bps: 0, egress_bps: 0 };

function minus(all: Totals, own: TenantUsage): Totals {
  return {
    reports: all.reports - 1,
    sessions: all.sessions - own.sessions,
    tracks: all.tracks - own.tracks,
    ingress_bps: all.ingress_bps - own.ingress_bps,
    egress_bps: all.egress_bps - own.egress_bps,
  };
}

/** Bits in whole numbers: sums of fractions leave something behind. */
function rounded(
  tenant: string,
  { sessions, tracks, ingress_bps, egress_bps }: Totals,
): TenantUsage {
  const whole = (bits: number) => Math.max(0, Math.round(bits));
  return {
    tenant,
    sessions,
    tracks,
    ingress_bps: whole(ingress_bps),
    egress_bps: whole(egress_bps),
  };
}
