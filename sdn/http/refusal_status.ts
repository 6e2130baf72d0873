import type { RefusalCode } from "@qumo/shared/topology";

/** The HTTP status of each refusal. */
export const refusalStatus = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  relay_not_found: 404,
  relay_revoked: 403,
  node_not_found: 404,
  no_path: 404,
  announce_not_found: 404,
  no_relay_available: 404,
  history_not_found: 404,
  method_not_allowed: 405,
  stale_epoch: 409,
  epoch_ahead: 409,
  stale_sequence: 409,
  history_gone: 410,
  precondition_failed: 412,
  too_large: 413,
  rate_limited: 429,
  limit_reached: 429,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<RefusalCode, number>;
