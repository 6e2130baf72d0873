import type { Location } from "@qumo/shared/wire";
import type { Demand, PastSource, TrackEntry } from "../../../track/mod.ts";
import type { ObjectStreams } from "../../delivery/object_streams.ts";
import type { JoinPoint } from "../../delivery/subscription_options.ts";
import type { RequestPermit } from "../connection/access.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";
import type { RangeFilters } from "../requests/range_filters.ts";
import type { PeerIds } from "../requests/request_ids.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import type { FetchDelivery } from "./fetch_delivery.ts";
import type { SubscriptionParameters } from "./subscription_parameters.ts";

/** The interfaces that a served subscription uses of its session. */
export type ServedContext = Reporting & Timing & Wire & Parties & Configured & {
  readonly ids: PeerIds;
  readonly stops: StopProbes;
  readonly streams: ObjectStreams;
};

/** The parameters of a served subscription. */
export interface ServedInit {
  readonly entry: TrackEntry;
  readonly demand: Demand;
  readonly stream: RequestChannel;
  readonly context: ServedContext;
  /** What allows the subscriber to have the track. */
  readonly permit: RequestPermit;
  /** The request id, which a joining fetch refers to. */
  readonly requestId: bigint;
  /** The position among the session's subscriptions to the track; 0 for the first. */
  readonly copy: number;
  /** What the subscriber wants of it to begin with. */
  readonly wanted: SubscriptionParameters;
  /** The filters by ranges in it. */
  readonly filters: RangeFilters;
  /** The largest location that the subscriber was told of. */
  readonly largest: Location | undefined;
  readonly join: JoinPoint;
  /** Who has past objects that are not cached. */
  readonly pastSource: () => PastSource | undefined;
  /** The fills of all subscriptions of the session that are being sent. */
  readonly openFills: Set<FetchDelivery>;
  /** Called once when the subscription is over. */
  readonly onEnd: () => void;
}
