import type { AccessTarget, PolicyTerms } from "@qumo/shared/topology";

/** A change of who may come in, or of what a tenant may use; times are in milliseconds since 1970. */
export type AccessCommand =
  | {
    readonly kind: "revoke";
    readonly target: AccessTarget;
    readonly reason?: string;
    readonly expiresAt?: number;
    readonly wall: number;
  }
  | { readonly kind: "unrevoke"; readonly id: string; readonly wall: number }
  | {
    readonly kind: "policy";
    readonly tenant: string;
    /** Absent: the policy is deleted. */
    readonly terms?: PolicyTerms;
    readonly wall: number;
  };
