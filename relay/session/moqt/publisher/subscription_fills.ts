import {
  compareLocations,
  type FillParameters,
  type Filter,
  type GroupOrder,
  type Location,
} from "@qumo/shared/wire";
import {
  awaitPast,
  type LocationRange,
  type ObjectFilter,
  type PastSource,
  sendOrder,
  type TrackEntry,
} from "../../../track/mod.ts";
import { isTransportEnd } from "../../errors.ts";
import type { Configured } from "../connection/facets.ts";
import { deliverInTime } from "./deliver_in_time.ts";
import { FetchDelivery, type FetchDeliveryContext } from "./fetch_delivery.ts";
import { selectionOf } from "./fetch_selection.ts";
import { isBackwards, upTo } from "./fetch_wanted.ts";

/** The interfaces that {@linkcode SubscriptionFills} uses of its session. */
export type FillContext = FetchDeliveryContext & Configured;

/** The parameters of {@linkcode SubscriptionFills}. */
export interface FillsInit {
  readonly entry: TrackEntry;
  /** Who has the past objects that are not cached. */
  readonly pastSource: () => PastSource | undefined;
  /** The fills of all subscriptions of the session that are being sent. */
  readonly open: Set<FetchDelivery>;
}

/** What a fill is asked for with. */
export interface FillRequest {
  /** The id of the message that asks for it. */
  readonly requestId: bigint;
  readonly fill: FillParameters;
  /** What the subscription has, for what the fill does not say. */
  readonly inherited: {
    readonly filter: Filter | undefined;
    readonly priority: number;
    readonly order: GroupOrder;
  };
  /** The objects that are wanted of the range; absent: all. */
  readonly only?: ObjectFilter | undefined;
  /** The largest object that the subscriber is told of. */
  readonly largest: Location | undefined;
}

/** The past objects that one subscription asks for, each time on a stream of their own (#fill-semantics). */
export class SubscriptionFills {
  readonly #context: FillContext;
  readonly #init: FillsInit;
  readonly #sending = new Map<FetchDelivery, Promise<void>>();
  #begun = 0;

  constructor(context: FillContext, init: FillsInit) {
    this.#context = context;
    this.#init = init;
  }

  /** The number of streams so far. */
  get streams(): number {
    return this.#begun;
  }

  /** Whether one is being sent. */
  get isSending(): boolean {
    return this.#sending.size > 0;
  }

  /** Resolves when those are sent that have begun. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending.values());
  }

  /** Begins to send what is asked for; nothing when there is nothing yet. */
  begin(request: FillRequest): void {
    const range = rangeOf(request);
    if (range === undefined) return;
    const { fill: { groupOrder, subscriberPriority }, inherited, requestId } = request;
    const order = groupOrder ?? inherited.order;
    const delivery = new FetchDelivery(this.#context, {
      requestId,
      order,
      sendOrder: sendOrder({
        subscriberPriority: subscriberPriority ?? inherited.priority,
        publisherPriority: this.#init.entry.track.properties.defaultPriority,
        order,
        groupOrdinal: 0,
        subgroup: 0n,
      }),
      subject: this.#init.entry.track.name,
      via: [],
      filter: request.only,
    });
    this.#begun++;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sending.set(delivery, promise);
    this.#context.tasks.spawn("fill", async (signal) => {
      try {
        await this.#send(delivery, { range, request, signal });
      } finally {
        this.#sending.delete(delivery);
        resolve();
      }
    });
  }

  /** Ends all: the subscription is over. */
  cancel(): void {
    for (const delivery of [...this.#sending.keys()]) delivery.cancel("cancelled");
  }

  async #send(
    delivery: FetchDelivery,
    { range, request, signal }: {
      readonly range: LocationRange;
      readonly request: FillRequest;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { metrics, settings: { limits }, clock } = this.#context;
    const { entry, pastSource, open } = this.#init;
    const outcomes = metrics.requests.fill;
    try {
      if (open.size >= limits.maxFetches) {
        outcomes.excessive_load++;
        return await delivery.nothingKnown(range);
      }
      outcomes.ok++;
      open.add(delivery);
      await awaitPast(entry, range, { clock, signal });
      await deliverInTime(this.#context, delivery, {
        track: entry.track,
        range,
        publisher: pastSource(),
        fillTimeout: request.fill.fillTimeout,
      });
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    } finally {
      open.delete(delivery);
      delivery.cancel("internal_error");
    }
  }
}

/** The range of a fill, up to the largest object; undefined when there is nothing in it. */
function rangeOf({ fill, inherited, largest }: FillRequest): LocationRange | undefined {
  if (largest === undefined) return undefined;
  const selected = selectionOf(fill.filter ?? inherited.filter, largest);
  if (selected === undefined || compareLocations(selected.start, largest) > 0) return undefined;
  const range = upTo(selected, largest);
  return isBackwards(range) ? undefined : range;
}
