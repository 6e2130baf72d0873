import { type Codec, struct, u8, varint } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { type Location, location } from "../../location.ts";
import { ownTrackName } from "../../names.ts";
import { endAfter, fetchRangeOf } from "../control/fetch_range.ts";
import { absoluteFilter } from "../control/filter.ts";
import { groupOrder } from "../control/group_order.ts";
import { mapped } from "../control/mapped.ts";
import type { MultiplexedBodyOf } from "../control/multiplexed_codec.ts";
import { asProperties, factsOf } from "../control/track_facts.ts";
import { flag } from "../control/values.ts";
import type { Filter } from "../model/filter.ts";
import type { GroupOrder } from "../model/group_order.ts";
import { data14 } from "./draft14_data.ts";
import { parameters } from "./draft14_parameters.ts";

/*
 * The messages of draft 14 about tracks. What later drafts have among the parameters stands in fields
 * that are always there; where a message of ours does not say it, they hold the default.
 */

/** Where fields say what the model leaves out. */
const DEFAULT_PRIORITY = 128;
const UNFILTERED: Filter = { type: "absolute_start", start: { group: 0n, object: 0n } };
const FROM_NOW_ON: Filter = { type: "largest_object" };

/** The order that is asked for; undefined for the publisher's. */
const askedOrder: Codec<GroupOrder | undefined> = {
  encode: (writer, value) => value === undefined ? writer.u8(0) : groupOrder.encode(writer, value),
  decode(reader) {
    const value = reader.u8();
    if (value === 0) return undefined;
    if (value > 2) throw new DecodeError("malformed", `Group order ${value} does not exist`);
    return value === 1 ? "ascending" : "descending";
  },
};

/** The order that something comes in. None is against the draft, and taken for ascending. */
const givenOrder: Codec<GroupOrder> = {
  encode: groupOrder.encode,
  decode: (reader) => askedOrder.decode(reader) ?? "ascending",
};

/** The largest object, if there is any. */
const largest: Codec<Location | undefined> = {
  encode(writer, value) {
    flag.encode(writer, value !== undefined);
    if (value !== undefined) location.encode(writer, value);
  },
  decode: (reader) => flag.decode(reader) ? location.decode(reader) : undefined,
};

/** The last group, plus 1; 0 for none. */
const endGroup: Codec<bigint | undefined> = {
  encode: (writer, value) => writer.varint(value === undefined ? 0n : value + 1n),
  decode(reader) {
    const value = reader.varint();
    return value === 0n ? undefined : value - 1n;
  },
};

/** What is there of these values. */
function known<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** SUBSCRIBE and TRACK_STATUS. */
export const subscribe = mapped(
  struct({
    requestId: varint,
    track: ownTrackName,
    subscriberPriority: u8,
    groupOrder: askedOrder,
    forward: flag,
    filter: absoluteFilter,
    parameters: parameters("objectDeliveryTimeout", "authorizationTokens"),
  }),
  ({ requestId, track, parameters, ...fields }): MultiplexedBodyOf<"subscribe"> => ({
    requestId,
    track,
    parameters: { ...parameters, ...known(fields) },
  }),
  ({ requestId, track, parameters }) => ({
    requestId,
    track,
    subscriberPriority: parameters.subscriberPriority ?? DEFAULT_PRIORITY,
    groupOrder: parameters.groupOrder,
    forward: parameters.forward ?? true,
    filter: parameters.filter ?? UNFILTERED,
    parameters,
  }),
);

/** What follows the alias in SUBSCRIBE_OK, and in TRACK_STATUS_OK. */
const trackFields = {
  expires: varint,
  groupOrder: givenOrder,
  largestObject: largest,
  parameters: parameters("objectDeliveryTimeout", "maxCacheDuration"),
};

const subscribeOkLayout = struct({ requestId: varint, alias: varint, ...trackFields });
type SubscribeOkFields = ReturnType<typeof subscribeOkLayout.decode>;

function readTrack({ expires, groupOrder, largestObject, parameters }: SubscribeOkFields) {
  return {
    parameters: known({ expires: expires || undefined, largestObject }),
    properties: asProperties({ ...parameters, groupOrder }),
  };
}

function writeTrack(
  { parameters, properties }: Pick<
    MultiplexedBodyOf<"subscribeOk">,
    "parameters" | "properties"
  >,
) {
  const { groupOrder, objectDeliveryTimeout, maxCacheDuration } = factsOf(
    properties,
    data14.properties,
  );
  const facts = known({ objectDeliveryTimeout, maxCacheDuration });
  const { expires = 0n, largestObject } = parameters;
  return { expires, groupOrder, largestObject, parameters: facts };
}

/** SUBSCRIBE_OK. */
export const subscribeOk = mapped(
  subscribeOkLayout,
  (fields): MultiplexedBodyOf<"subscribeOk"> => ({
    requestId: fields.requestId,
    alias: fields.alias,
    ...readTrack(fields),
  }),
  (body) => ({ requestId: body.requestId, alias: body.alias, ...writeTrack(body) }),
);

/** TRACK_STATUS_OK: a SUBSCRIBE_OK whose alias means nothing. */
export const trackStatusOk = mapped(
  subscribeOkLayout,
  (fields): MultiplexedBodyOf<"requestOk"> => ({
    requestId: fields.requestId,
    ...readTrack(fields),
  }),
  (body) => ({ requestId: body.requestId, alias: 0n, ...writeTrack(body) }),
);

/** SUBSCRIBE_UPDATE, which says all of a subscription anew. */
export const subscribeUpdate = mapped(
  struct({
    requestId: varint,
    existing: varint,
    start: location,
    endGroup,
    subscriberPriority: u8,
    forward: flag,
    parameters: parameters("objectDeliveryTimeout", "authorizationTokens"),
  }),
  ({ start, endGroup, parameters, ...fields }): MultiplexedBodyOf<"requestUpdate"> => {
    const { requestId, existing, subscriberPriority, forward } = fields;
    if (endGroup !== undefined && endGroup < start.group) {
      throw new DecodeError("malformed", "The end group of an update is before its start");
    }
    const filter: Filter = endGroup === undefined
      ? { type: "absolute_start", start }
      : { type: "absolute_range", start, endGroup };
    return {
      requestId,
      existing,
      parameters: { ...parameters, subscriberPriority, forward, filter },
    };
  },
  ({ requestId, existing, parameters }) => {
    const { filter, subscriberPriority, forward } = parameters;
    if (filter === undefined || !("start" in filter)) {
      throw new EncodeError("Cannot encode an update without the locations of its filter");
    }
    if (subscriberPriority === undefined || forward === undefined) {
      throw new EncodeError("Cannot encode an update without a priority and whether to forward");
    }
    const { start } = filter;
    const endGroup = filter.type === "absolute_range" ? filter.endGroup : undefined;
    return { requestId, existing, start, endGroup, subscriberPriority, forward, parameters };
  },
);

/** PUBLISH. */
export const publish = mapped(
  struct({
    requestId: varint,
    track: ownTrackName,
    alias: varint,
    groupOrder: givenOrder,
    largestObject: largest,
    forward: flag,
    parameters: parameters("objectDeliveryTimeout", "authorizationTokens", "maxCacheDuration"),
  }),
  ({ requestId, track, alias, parameters, ...fields }): MultiplexedBodyOf<"publish"> => {
    const { authorizationTokens, ...facts } = parameters;
    const { groupOrder, largestObject, forward } = fields;
    return {
      requestId,
      track,
      alias,
      parameters: known({ authorizationTokens, largestObject, forward }),
      properties: asProperties({ ...facts, groupOrder }),
    };
  },
  ({ requestId, track, alias, parameters, properties }) => {
    const { groupOrder, objectDeliveryTimeout, maxCacheDuration } = factsOf(
      properties,
      data14.properties,
    );
    const facts = known({ objectDeliveryTimeout, maxCacheDuration });
    const { authorizationTokens, largestObject, forward = true } = parameters;
    return {
      requestId,
      track,
      alias,
      groupOrder,
      largestObject,
      forward,
      parameters: { ...facts, ...known({ authorizationTokens }) },
    };
  },
);

/** PUBLISH_OK. */
export const publishOk = mapped(
  struct({
    requestId: varint,
    forward: flag,
    subscriberPriority: u8,
    groupOrder: givenOrder,
    filter: absoluteFilter,
    parameters: parameters("objectDeliveryTimeout"),
  }),
  ({ requestId, parameters, ...fields }): MultiplexedBodyOf<"requestOk"> => ({
    requestId,
    parameters: { ...parameters, ...fields },
    properties: asProperties({}),
  }),
  ({ requestId, parameters }) => ({
    requestId,
    forward: parameters.forward ?? true,
    subscriberPriority: parameters.subscriberPriority ?? DEFAULT_PRIORITY,
    groupOrder: parameters.groupOrder ?? "ascending",
    filter: parameters.filter ?? FROM_NOW_ON,
    parameters,
  }),
);

/** FETCH. */
export const fetch = mapped(
  struct({
    requestId: varint,
    subscriberPriority: u8,
    groupOrder: askedOrder,
    range: fetchRangeOf(ownTrackName),
    parameters: parameters("authorizationTokens"),
  }),
  ({ requestId, range, parameters, ...fields }): MultiplexedBodyOf<"fetch"> => ({
    requestId,
    range,
    parameters: { ...parameters, ...known(fields) },
  }),
  ({ requestId, range, parameters }) => ({
    requestId,
    subscriberPriority: parameters.subscriberPriority ?? DEFAULT_PRIORITY,
    groupOrder: parameters.groupOrder,
    range,
    parameters,
  }),
);

/** FETCH_OK. */
export const fetchOk = mapped(
  struct({
    requestId: varint,
    order: givenOrder,
    endOfTrack: flag,
    end: endAfter,
    parameters: parameters("maxCacheDuration"),
  }),
  ({ parameters, ...fields }): MultiplexedBodyOf<"fetchOk"> => ({
    ...fields,
    parameters: {},
    properties: asProperties(parameters),
  }),
  ({ requestId, order = "ascending", endOfTrack, end, properties }) => {
    const { maxCacheDuration } = factsOf(properties, data14.properties);
    return { requestId, order, endOfTrack, end, parameters: known({ maxCacheDuration }) };
  },
);
