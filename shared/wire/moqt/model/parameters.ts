import type { Location } from "../../location.ts";
import type { Namespace } from "../../names.ts";
import type { Filter } from "./filter.ts";
import type { GroupOrder } from "./group_order.ts";
import type { Token } from "./token.ts";

/** What is different for the past objects that a subscription asks for (#fill-parameters). */
export type FillParameters = Parameters<
  "fillTimeout" | "subscriberPriority" | "filter" | "groupOrder" | RangeFilterName
>;

/** The parameters that filter by ranges of numbers (#range-filters). */
export type RangeFilterName =
  | "subgroupFilters"
  | "objectIdFilters"
  | "priorityFilters"
  | "objectPropertyFilters"
  | "trackPropertyFilters";

/** The parameters of a request for tracks, one or all under a prefix. */
export type TrackParameterName =
  | "objectDeliveryTimeout"
  | "authorizationTokens"
  | "rendezvousTimeout"
  | "subgroupDeliveryTimeout"
  | "forward"
  | "subscriberPriority"
  | "filter"
  | "groupOrder"
  | "fill"
  | RangeFilterName
  | "newGroupRequest"
  | "includeProperties";

/** What requests and answers may say beside their fields, in whatever form a draft has it. */
export interface ParameterValues {
  /** Milliseconds; 0 is none. */
  readonly objectDeliveryTimeout: bigint;
  readonly authorizationTokens: readonly Token[];
  /** Milliseconds. */
  readonly rendezvousTimeout: bigint;
  /** Milliseconds; 0 is none. */
  readonly subgroupDeliveryTimeout: bigint;
  /** Milliseconds; 0 is never. */
  readonly expires: bigint;
  readonly largestObject: Location;
  /** Milliseconds. */
  readonly fillTimeout: bigint;
  readonly forward: boolean;
  readonly subscriberPriority: number;
  readonly filter: Filter;
  readonly groupOrder: GroupOrder;
  /** Past objects are wanted too, on a stream of their own. */
  readonly fill: FillParameters;
  /** Each as it is on the wire; empty ones remove a filter. */
  readonly subgroupFilters: readonly Uint8Array[];
  readonly objectIdFilters: readonly Uint8Array[];
  readonly priorityFilters: readonly Uint8Array[];
  readonly objectPropertyFilters: readonly Uint8Array[];
  readonly trackPropertyFilters: readonly Uint8Array[];
  readonly newGroupRequest: bigint;
  readonly namespacePrefix: Namespace;
  /** Whether the answer is to have the properties of the track. */
  readonly includeProperties: boolean;
  /** Of the track, as in the properties of later drafts (14 and 15). */
  readonly maxCacheDuration: bigint;
  readonly publisherPriority: number;
  readonly dynamicGroups: boolean;
  /** draft-lcurley-moq-cluster: the ids of the relays that an announcement came by, the origin first. */
  readonly hopPath: readonly bigint[];
  /** draft-lcurley-moq-cluster: what a subscription over this route costs; 0 when absent. */
  readonly routeCost: bigint;
  /** Between our relays: the scope that the request is about; absent for the default one. */
  readonly meshScope: string;
  /** Between our relays: those that a request came by, or in an answer those that the track comes by. */
  readonly meshHops: readonly string[];
  /** Between our relays: the trace that the request belongs to. */
  readonly meshTrace: string;
  /** Between our relays: whose objects a subscription brings. */
  readonly meshSource: string;
}

/** The name of a parameter. */
export type ParameterName = keyof ParameterValues;

/** A choice of parameters, each of which may be absent. */
export type Parameters<N extends ParameterName = ParameterName> = {
  readonly [K in N]?: ParameterValues[K];
};
