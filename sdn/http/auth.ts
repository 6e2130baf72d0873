import { bearerToken, findToken, type HashedToken } from "@qumo/shared/http";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";

/** Roles; each includes the permissions of those before it. */
export const roles = ["none", "read", "relay", "admin"] as const;

/** One of the {@linkcode roles}. */
export type Role = (typeof roles)[number];

/** An authenticated caller. */
export interface Identity {
  readonly role: Role;
  /**
   * The only relay that the token may act for, or all whose names begin with what comes before a last
   * `*`; absent when it may act for all.
   */
  readonly relay?: string;
}

/** A configured token, of which only the SHA-256 is kept. */
export interface KnownToken extends Identity, HashedToken {}

/** Authenticates a caller by the value of the Authorization header. */
export type Authenticate = (authorization: string | null) => Outcome<Identity, Refusal>;

/** Everyone is an admin: for a controller that listens on loopback only. */
export const openAccess: Authenticate = () => done({ role: "admin" });

/** Authentication by bearer token, compared in constant time. */
export function tokenAccess(tokens: readonly KnownToken[]): Authenticate {
  return (authorization) => {
    const token = bearerToken(authorization);
    if (token === undefined) return refused(refusal("unauthorized", "A bearer token is required"));
    const found = findToken(token, tokens);
    return found === undefined
      ? refused(refusal("unauthorized", "The token is not known"))
      : done(found);
  };
}

/**
 * The reason why a caller lacks a role, for a relay where one is given; `undefined` when it has it.
 */
export function forbids(identity: Identity, role: Role, relay?: string): Refusal | undefined {
  if (roles.indexOf(identity.role) < roles.indexOf(role)) {
    return refusal("forbidden", `This needs the role ${role}; the token's is ${identity.role}`);
  }
  if (role === "relay" && identity.relay !== undefined && !isNamed(identity.relay, relay)) {
    return refusal("forbidden", `The token is for the relay ${identity.relay} alone`);
  }
  return undefined;
}

function isNamed(pattern: string, relay = ""): boolean {
  return pattern.endsWith("*") ? relay.startsWith(pattern.slice(0, -1)) : relay === pattern;
}
