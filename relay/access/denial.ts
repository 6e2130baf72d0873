/** Why a peer may not do something. The reason may be told to it, and has no token in it. */
export interface Denial {
  readonly kind:
    | "unauthorized"
    | "malformed_auth_token"
    | "expired_auth_token"
    /** It may come again. */
    | "going_away"
    /** Its tenant uses as much as it may. */
    | "excessive_load";
  readonly reason: string;
  /** Whether it is about a token that none of the relay's keys knows. */
  readonly isStrange?: true;
  /** Whether nothing makes the token good again. */
  readonly isFinal?: true;
}
