/**
 * What is not as it should be although the relay serves, one word each: the same in `/health`, in
 * `/status` and as a metric's label.
 */
export const CONDITIONS = [
  /** No controller answers. */
  "controller_unreachable",
  /** The controller does not know the relay's token, or misses one. */
  "controller_unauthorized",
  /** The token is known, and does not allow to register under this name. */
  "controller_forbidden",
  /** A process that started later is registered under this relay's name. */
  "name_taken",
  /** The controller refuses the registration for another reason. */
  "controller_refused",
  /** The controller is older than the relay, and lacks much of what relays tell and ask. */
  "controller_outdated",
  /** What is known of other relays is old. */
  "stale_mirror",
] as const;

/** One of the {@linkcode CONDITIONS}. */
export type Condition = (typeof CONDITIONS)[number];

/** The condition that a controller's refusal is, by its code. */
export function conditionOf(code: string): Condition {
  switch (code) {
    case "unreachable":
      return "controller_unreachable";
    case "unauthorized":
      return "controller_unauthorized";
    case "forbidden":
      return "controller_forbidden";
    case "stale_epoch":
      return "name_taken";
    default:
      return "controller_refused";
  }
}
