import type { Log } from "@qumo/shared/runtime";
import type { AccessTarget, Revocation } from "@qumo/shared/topology/access_schemas";
import type { Namespace } from "@qumo/shared/wire";
import type { Denial } from "./denial.ts";
import { SESSION_SKEW_MS } from "./limits.ts";
import type { Holder } from "./policy.ts";
import type { Bearer, Loss, Present } from "./present.ts";
import { fieldsOfTarget, keyOf, targetsOf } from "./revocation_list.ts";

/** What is to be ended now, while nothing is forbidden. */
export interface KickOrder extends AccessTarget {
  readonly id: string;
  readonly reason?: string | undefined;
}

/** Why nobody may do anything with a name. */
export const REVOKED_NAME: Denial = { kind: "unauthorized", reason: "the namespace is revoked" };

const KICKED: Denial = { kind: "going_away", reason: "ended by an operator" };

/** Ends what a revocation or a kick means and is here, and says in the log whom it hit. */
export class Enforcer {
  /** The name of this relay, with which values name its sessions. */
  relay = "";
  readonly #present: Present;
  readonly #log: Log;

  constructor(present: Present, log: Log) {
    this.#present = present;
    this.#log = log;
  }

  /** Ends what is revoked now. Returns how many sessions that hit. */
  revoke(revocation: Revocation): number {
    return this.#say("access revoked", this.#revoked(revocation), revocation);
  }

  /** Ends what an operator wants ended. Returns how many sessions that hit. */
  kick(order: KickOrder): number {
    return this.#say("access ended", this.#kicked(order, KICKED), order);
  }

  #revoked(revocation: Revocation): Map<Bearer, Loss> {
    const namespace = fieldsOfTarget(revocation);
    if (namespace !== undefined) {
      const hit = cutUnder(this.#present, namespace, REVOKED_NAME);
      for (const bearer of this.#present.around(namespace)) bearer.review();
      return hit;
    }
    if (revocation.kind !== "session") return reviewed(this.#present.having(revocation));
    const bearer = this.#session(revocation.value);
    const latest = Date.parse(revocation.created_at) + SESSION_SKEW_MS;
    // After a restart another session may have this number.
    if (bearer === undefined || bearer.since > latest) return new Map();
    const denial: Denial = { kind: "unauthorized", reason: "the session is revoked" };
    return new Map([[bearer, bearer.expel(denial)]]);
  }

  #kicked(target: AccessTarget, denial: Denial): Map<Bearer, Loss> {
    const namespace = fieldsOfTarget(target);
    if (namespace !== undefined) return cutUnder(this.#present, namespace, denial);
    if (target.kind === "session") {
      const bearer = this.#session(target.value);
      return new Map(bearer && [[bearer, bearer.expel(denial)]]);
    }
    const meant = keyOf(target);
    const isMeant = (holder: Holder) =>
      targetsOf(holder).some(([kind, value]) => keyOf({ kind, value }) === meant);
    return new Map(
      this.#present.having(target).map((bearer) => [bearer, bearer.end(denial, isMeant)]),
    );
  }

  /** The session of this relay that a value names. */
  #session(value: string): Bearer | undefined {
    const at = value.lastIndexOf("/");
    if (value.slice(0, at) !== this.relay) return undefined;
    return this.#present.sessions.get(Number(value.slice(at + 1)));
  }

  #say(text: string, hit: Map<Bearer, Loss>, order: Pick<KickOrder, "id" | "reason">): number {
    const { id, reason = "" } = order;
    for (const [{ session, holder }, { requests, isOver }] of hit) {
      // Who merely sees less has lost nothing that it did.
      if (requests === 0 && !isOver) continue;
      this.#log.warn(text, { order: id, session, ...holder, reason, requests, closed: isOver });
    }
    return hit.size;
  }
}

function reviewed(bearers: Iterable<Bearer>): Map<Bearer, Loss> {
  return new Map([...bearers].map((bearer) => [bearer, bearer.review()]));
}

/** Ends all requests under a name: first those that receive, which are told why. */
function cutUnder(present: Present, name: Namespace, denial: Denial): Map<Bearer, Loss> {
  const hit = new Map<Bearer, Loss>();
  const requests = present.under(name);
  const receiving = requests.filter(({ publishes }) => !publishes);
  for (const request of [...receiving, ...requests.filter(({ publishes }) => publishes)]) {
    const { requests } = hit.get(request.bearer) ?? { requests: 0 };
    hit.set(request.bearer, { requests: requests + 1, isOver: false });
    request.cut(denial);
  }
  return hit;
}
