import { prefixed } from "../../codec.ts";
import { MAX_MESSAGE_BYTES } from "../../limits.ts";
import { parametersOf, type ParameterTable } from "../control/parameters.ts";
import { parameterTable as table18 } from "./draft18_parameters.ts";

const rangeFilter = prefixed(MAX_MESSAGE_BYTES, "a range filter");

/** The parameters that filter by ranges (#range-filters). */
export const rangeFilters = {
  subgroupFilters: { type: 0x25n, codec: rangeFilter, repeats: true },
  objectIdFilters: { type: 0x26n, codec: rangeFilter, repeats: true },
  priorityFilters: { type: 0x27n, codec: rangeFilter, repeats: true },
  objectPropertyFilters: { type: 0x28n, codec: rangeFilter, repeats: true },
  trackPropertyFilters: { type: 0x29n, codec: rangeFilter, repeats: true },
} as const satisfies ParameterTable;

const {
  newGroupRequest,
  namespacePrefix,
  hopPath,
  routeCost,
  meshScope,
  meshHops,
  meshTrace,
  meshSource,
  ...upToGroupOrder
} = table18;

/** The parameters of draft 18 behind the filters, in ascending order of type. */
export const lastParameters = {
  newGroupRequest,
  namespacePrefix,
} as const satisfies ParameterTable;

/** What relays say to each other, of any program or of ours. */
export const meshParameters = {
  hopPath,
  routeCost,
  meshScope,
  meshHops,
  meshTrace,
  meshSource,
} as const satisfies ParameterTable;

/** The parameters of draft 19 (#message-params), in ascending order of type. */
export const parameterTable = {
  ...upToGroupOrder,
  ...rangeFilters,
  ...lastParameters,
  ...meshParameters,
} as const satisfies ParameterTable;

/** A choice of draft 19's parameters. */
export const parameters = parametersOf(parameterTable);
