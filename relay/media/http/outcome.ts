import type { LookupOutcome } from "../../vocabulary/mod.ts";

/** How a request was answered, for its counter. */
export function outcomeOf({ status }: Pick<Response, "status">): LookupOutcome {
  return OUTCOMES[status] ?? "failed";
}

const OUTCOMES: Readonly<Record<number, LookupOutcome>> = {
  200: "ok",
  400: "malformed",
  401: "unauthorized",
  404: "not_found",
  503: "too_many",
  504: "timed_out",
};
