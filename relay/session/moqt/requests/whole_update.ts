import {
  compareLocations,
  type ControlMessageOf,
  type Filter,
  type Location,
} from "@qumo/shared/wire";

type UpdateParameters = ControlMessageOf<"requestUpdate">["parameters"];

/** A subscription of ours, as it was asked for and agreed to. */
export interface AgreedSubscription {
  readonly parameters: ControlMessageOf<"subscribe">["parameters"];
  /** The largest location in its answer. */
  readonly largest: Location | undefined;
}

/**
 * The parameters of an update that repeats what it does not change (draft 14,
 * #message-subscribe-update): the range, the priority and whether objects are forwarded. A range may
 * only become narrower.
 */
export function wholeUpdate(
  { parameters, largest }: AgreedSubscription,
  changed: UpdateParameters,
): UpdateParameters {
  const { filter, forward = true, subscriberPriority = DEFAULT_PRIORITY } = parameters;
  return {
    forward,
    subscriberPriority,
    ...changed,
    filter: narrowed(changed.filter ?? filter, startOf(filter, largest)),
  };
}

/** Where a subscription began. */
function startOf(filter: Filter | undefined, largest: Location | undefined): Location {
  switch (filter?.type) {
    case "absolute_start":
    case "absolute_range":
      return filter.start;
    case "next_group":
      return largest === undefined ? BEGINNING : { group: largest.group + 1n, object: 0n };
    case "largest_object":
      return largest === undefined
        ? BEGINNING
        : { group: largest.group, object: largest.object + 1n };
    default:
      return BEGINNING;
  }
}

function narrowed(wanted: Filter | undefined, begun: Location): Filter {
  const isAbsolute = wanted?.type === "absolute_start" || wanted?.type === "absolute_range";
  if (!isAbsolute) return { type: "absolute_start", start: begun };
  const start = compareLocations(wanted.start, begun) < 0 ? begun : wanted.start;
  if (wanted.type === "absolute_start" || wanted.endGroup < start.group) {
    return { type: "absolute_start", start };
  }
  return { ...wanted, start };
}

const DEFAULT_PRIORITY = 128;
const BEGINNING: Location = { group: 0n, object: 0n };
