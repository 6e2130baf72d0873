import {
  accessEvents,
  type Revocation,
  revocationSchema,
  type TenantPolicy,
  tenantPolicySchema,
  type TenantUsage,
} from "@qumo/shared/topology/access_schemas";
import type { ServerEvent } from "@qumo/shared/topology";
import type { z } from "zod";

/** Receives what controllers say about access, and says what tenants use. */
export interface AccessListener {
  /** What tenants use at this relay. */
  readonly usage: readonly TenantUsage[];
  /** A list of everything follows. */
  begin(): void;
  /** A part of the list, or a change of it. */
  change(change: AccessChange): void;
  /** All was told that there is. */
  ready(): void;
  /** The controller has nothing to say about access. */
  unsupported(): void;
  /** So many entries could not be read. */
  leftOut(count: number): void;
  kick(order: KickOrder): void;
  /** What tenants use at all other relays. */
  used(elsewhere: readonly TenantUsage[]): void;
}

/** What changed of revocations and policies. */
export interface AccessChange {
  readonly revocations: readonly Revocation[];
  readonly policies: readonly TenantPolicy[];
  /** Ids of revocations that are taken back. */
  readonly unrevoked: readonly string[];
  /** Tenants that have no policy any more. */
  readonly unlimited: readonly string[];
}

type KickOrder = z.output<typeof accessEvents.kick>;

/** Passes an event about access on; returns whether it is one. */
export function hearAccess({ event, data }: ServerEvent, listener: AccessListener): boolean {
  if (!Object.hasOwn(accessEvents, event)) return false;
  const read = accessEvents[event as keyof typeof accessEvents].safeParse(parsed(data));
  if (!read.success) listener.leftOut(1);
  else if (event === "access_begin") listener.begin();
  else if (event === "access_ready") listener.ready();
  else if (event === "kick") listener.kick(read.data as KickOrder);
  else hearChange(read.data as z.output<typeof accessEvents.access>, listener);
  return true;
}

/** An entry that a newer controller has, and that cannot be read here, is left out. */
function hearChange(
  { revocations, policies, ...rest }: z.output<typeof accessEvents.access>,
  listener: AccessListener,
): void {
  const [revoked, strangeOnes] = readable(revocations, revocationSchema);
  const [allowed, strangePolicies] = readable(policies, tenantPolicySchema);
  listener.change({ revocations: revoked, policies: allowed, ...rest });
  if (strangeOnes + strangePolicies > 0) listener.leftOut(strangeOnes + strangePolicies);
}

function readable<T>(items: readonly unknown[], schema: z.ZodType<T>): [T[], strange: number] {
  const read = items.map((item) => schema.safeParse(item));
  const good = read.flatMap(({ success, data }) => success ? [data] : []);
  return [good, items.length - good.length];
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
