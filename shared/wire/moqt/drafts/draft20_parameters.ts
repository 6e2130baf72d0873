import type { Codec } from "../../codec.ts";
import { countedFilter } from "../control/location_filter.ts";
import { type ChooseParameters, parametersOf, type ParameterTable } from "../control/parameters.ts";
import { flag, framed, framedOrNothing } from "../control/values.ts";
import type { Filter } from "../model/filter.ts";
import { parameterTable as table18 } from "./draft18_parameters.ts";
import { lastParameters, meshParameters, rangeFilters } from "./draft19_parameters.ts";

/** The parameters of draft 20 and later (#message-params), with a filter as a draft writes it. */
export function parameterTableOf(filter: Codec<Filter>) {
  const { groupOrder } = table18;
  const { trackPropertyFilters, ...objectFilters } = rangeFilters;
  const upToFilter = {
    objectDeliveryTimeout: table18.objectDeliveryTimeout,
    authorizationTokens: table18.authorizationTokens,
    rendezvousTimeout: table18.rendezvousTimeout,
    subgroupDeliveryTimeout: table18.subgroupDeliveryTimeout,
    expires: table18.expires,
    largestObject: table18.largestObject,
    fillTimeout: table18.fillTimeout,
    forward: table18.forward,
    subscriberPriority: table18.subscriberPriority,
    filter: { type: 0x21n, codec: filter },
    groupOrder,
  } as const satisfies ParameterTable;
  const ofFill = parametersOf({ ...upToFilter, ...objectFilters })(
    "fillTimeout",
    "subscriberPriority",
    "filter",
    "groupOrder",
    "subgroupFilters",
    "objectIdFilters",
    "priorityFilters",
    "objectPropertyFilters",
  );
  return {
    ...upToFilter,
    fill: { type: 0x23n, codec: framedOrNothing(ofFill, {}, "the parameters of a fill") },
    ...objectFilters,
    trackPropertyFilters,
    ...lastParameters,
    includeProperties: { type: 0x35n, codec: flag },
    ...meshParameters,
  } as const satisfies ParameterTable;
}

/** A choice of draft 20's parameters. */
export const parameters: ChooseParameters = parametersOf(
  parameterTableOf(framed(countedFilter, "a filter")),
);
