import type { ControlMessage, Parameters, RangeFilterName } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";

const NAMES: readonly RangeFilterName[] = [
  "subgroupFilters",
  "objectIdFilters",
  "priorityFilters",
  "objectPropertyFilters",
  "trackPropertyFilters",
];

type Filters = Parameters<RangeFilterName>;

/**
 * The refusal of a message that filters by ranges: this relay allows no range
 * (#max-filter-ranges). An empty filter removes one, which is no harm.
 */
export function rangeFilterRefusal(message: ControlMessage): Refusal | undefined {
  if (!("parameters" in message)) return undefined;
  const parameters: Parameters = message.parameters;
  return isFiltered(parameters) || isFiltered(parameters.fill ?? {}) ? REFUSAL : undefined;
}

function isFiltered(parameters: Filters): boolean {
  return NAMES.some((name) => parameters[name]?.some((filter) => filter.length > 0));
}

const REFUSAL: Refusal = { kind: "invalid_filter", reason: "this relay takes no range filters" };
