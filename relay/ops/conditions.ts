/**
 * Conditions: what is wrong although the relay serves. One word each, the same in `/health`, in
 * `/status` and as a metric's label.
 */
export const CONDITIONS = [
  /** No controller answers. */
  "controller_unreachable",
  /** The controller does not know the relay's token, or the relay sent none. */
  "controller_unauthorized",
  /** The relay's token does not allow it to register under this name. */
  "controller_forbidden",
  /** The relay's name is revoked: no relay and no controller lets it in. */
  "relay_revoked",
  /** A newer process is registered under this relay's name. */
  "name_taken",
  /** An older process claims this relay's name as well, and the controller refuses it. */
  "name_contested",
  /** The controller refuses the registration for another reason. */
  "controller_refused",
  /** The controller is an older program that lacks features of the relay. */
  "controller_outdated",
  /** The mirror is stale. */
  "stale_mirror",
  /** No controller has said since the start what is revoked. */
  "revocations_unknown",
  /** A listener failed, and others go on. */
  "listener_failed",
] as const;

/** One of the {@linkcode CONDITIONS}. */
export type Condition = (typeof CONDITIONS)[number];

/** The condition for a refusal code of a controller. */
export function conditionOf(code: string): Condition {
  switch (code) {
    case "unreachable":
      return "controller_unreachable";
    case "unauthorized":
      return "controller_unauthorized";
    case "forbidden":
      return "controller_forbidden";
    case "relay_revoked":
      return "relay_revoked";
    case "stale_epoch":
      return "name_taken";
    default:
      return "controller_refused";
  }
}
