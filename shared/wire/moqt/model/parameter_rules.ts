import type { ParameterName, Parameters } from "./parameters.ts";

/** The requests whose answers are told apart. */
export type AnsweredRequest =
  | "publish"
  | "trackStatus"
  | "requestUpdate"
  | "publishNamespace"
  | "subscribeNamespace"
  | "subscribeTracks";

/** The requests whose updates are told apart. */
export type UpdatedRequest =
  | "subscription"
  | "fetch"
  | "publish"
  | "publishNamespace"
  | "subscribeNamespace"
  | "subscribeTracks";

/**
 * Which parameters an answer or an update may carry. That depends on the request, which the message
 * alone does not tell: so its codec accepts all of them, and the caller, who knows the request,
 * checks with {@linkcode outOfScope}.
 */
export interface ParameterRules {
  readonly ok: Readonly<Record<AnsweredRequest, readonly ParameterName[]>>;
  readonly update: Readonly<Record<UpdatedRequest, readonly ParameterName[]>>;
}

/** The first parameter that is there and not allowed. */
export function outOfScope(
  found: Parameters,
  allowed: readonly ParameterName[],
): ParameterName | undefined {
  return (Object.keys(found) as ParameterName[]).find((name) => !allowed.includes(name));
}
