import { u8, varint } from "../../codec.ts";
import { location } from "../../location.ts";
import { namespace } from "../../names.ts";
import { filter } from "../control/filter.ts";
import { groupOrder } from "../control/group_order.ts";
import { parametersOf, type ParameterTable } from "../control/parameters.ts";
import { token } from "../control/token.ts";
import { flag, framed } from "../control/values.ts";
import { HOP_PATH, hopIds, ROUTE_COST } from "../cluster.ts";
import {
  MESH_HOPS,
  MESH_SCOPE,
  MESH_SOURCE,
  MESH_TRACE,
  meshScope,
  meshSource,
  meshTrace,
  relayNames,
} from "../mesh.ts";

/**
 * The parameters of draft 18 (#message-params): their names here, their types on the wire and how
 * their values are written. In ascending order of type, which is the order of the wire.
 */
export const parameterTable = {
  objectDeliveryTimeout: { type: 0x02n, codec: varint },
  authorizationTokens: { type: 0x03n, codec: framed(token, "a token"), repeats: true },
  rendezvousTimeout: { type: 0x04n, codec: varint },
  subgroupDeliveryTimeout: { type: 0x06n, codec: varint },
  expires: { type: 0x08n, codec: varint },
  largestObject: { type: 0x09n, codec: location },
  fillTimeout: { type: 0x0an, codec: varint },
  forward: { type: 0x10n, codec: flag },
  subscriberPriority: { type: 0x20n, codec: u8 },
  filter: { type: 0x21n, codec: framed(filter, "a filter") },
  groupOrder: { type: 0x22n, codec: groupOrder },
  newGroupRequest: { type: 0x32n, codec: varint },
  namespacePrefix: { type: 0x34n, codec: namespace },
  hopPath: { type: HOP_PATH, codec: framed(hopIds, "HOP_PATH") },
  routeCost: { type: ROUTE_COST, codec: varint },
  meshScope: { type: MESH_SCOPE, codec: meshScope },
  meshHops: { type: MESH_HOPS, codec: relayNames },
  meshTrace: { type: MESH_TRACE, codec: meshTrace },
  meshSource: { type: MESH_SOURCE, codec: meshSource },
} as const satisfies ParameterTable;

/** A choice of draft 18's parameters. */
export const parameters = parametersOf(parameterTable);
