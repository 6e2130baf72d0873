import { encodeFetchHeader, type GroupOrder } from "@qumo/shared/wire";
import type { ObjectFilter } from "../../../track/mod.ts";
import { ObjectFetch } from "../../delivery/object_fetch.ts";
import type { ObjectFetchContext } from "../../delivery/object_fetch_options.ts";
import { FetchItems } from "../dialect/fetch_items.ts";
import { nameFields } from "../requests/refuse.ts";
import type { RequestSubject } from "../requests/requests.ts";
import type { Timing, Wire } from "../connection/facets.ts";

/** The interfaces that {@linkcode FetchDelivery} uses of its session. */
export type FetchDeliveryContext = ObjectFetchContext & Timing & Wire;

/** How the objects of a fetch are sent. */
export interface FetchDeliveryOptions {
  readonly requestId: bigint;
  readonly order: GroupOrder;
  readonly sendOrder: number;
  /** For the log. */
  readonly subject: RequestSubject;
  /** The relays that the request passed. */
  readonly via: readonly string[];
  readonly filter?: ObjectFilter | undefined;
}

/** Sends the objects of one fetch on a stream of its own. */
export class FetchDelivery extends ObjectFetch {
  constructor(
    context: FetchDeliveryContext,
    { requestId, subject, ...options }: FetchDeliveryOptions,
  ) {
    const { data } = context.draft;
    super(context, {
      ...options,
      subject: nameFields(subject),
      output: new FetchItems(options.order, data),
      header: encodeFetchHeader(requestId, data),
    });
  }
}
