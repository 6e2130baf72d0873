import { createHash, timingSafeEqual } from "node:crypto";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";

/** What a caller may do, each with what the ones before it may. */
export const roles = ["none", "read", "relay", "admin"] as const;

/** One of the {@linkcode roles}. */
export type Role = (typeof roles)[number];

/** Who a caller is. */
export interface Identity {
  readonly role: Role;
  /** The only relay that the caller may speak for; absent when it may for all. */
  readonly relay?: string;
}

/** A token, known by its SHA-256 alone. */
export interface KnownToken extends Identity {
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** Decides who calls, by the value of the Authorization header. */
export type Authenticate = (authorization: string | null) => Outcome<Identity, Refusal>;

/** Everybody may do everything: for a controller that only its own machine can reach. */
export const openAccess: Authenticate = () => done({ role: "admin" });

/** Access by bearer token. Tokens are compared in a time that does not depend on their content. */
export function tokenAccess(tokens: readonly KnownToken[]): Authenticate {
  return (authorization) => {
    const token = /^Bearer +([^\s]+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return refused(refusal("unauthorized", "A bearer token is required"));
    const digest = createHash("sha256").update(token).digest();
    let found: KnownToken | undefined;
    for (const known of tokens) {
      if (timingSafeEqual(known.sha256, digest)) found = known;
    }
    return found === undefined
      ? refused(refusal("unauthorized", "The token is not known"))
      : done(found);
  };
}

/** Says why a caller may not act with a role, on a relay where one is meant, if it may not. */
export function forbids(identity: Identity, role: Role, relay?: string): Refusal | undefined {
  if (roles.indexOf(identity.role) < roles.indexOf(role)) {
    return refusal("forbidden", `This needs the role ${role}; the token's is ${identity.role}`);
  }
  if (role === "relay" && identity.relay !== undefined && relay !== identity.relay) {
    return refusal("forbidden", `The token is for the relay ${identity.relay} alone`);
  }
  return undefined;
}
