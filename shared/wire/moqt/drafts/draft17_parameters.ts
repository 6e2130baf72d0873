import { parametersOf, type ParameterTable } from "../control/parameters.ts";
import { parameterTable as table18 } from "./draft18_parameters.ts";

const {
  subgroupDeliveryTimeout: _subgroup,
  fillTimeout: _fill,
  namespacePrefix: _prefix,
  ...kept
} = table18;

/** The parameters of draft 17, in ascending order of type. */
export const parameterTable = kept satisfies ParameterTable;

/** A choice of draft 17's parameters. */
export const parameters = parametersOf(parameterTable);
