import type { Clock } from "@qumo/shared/runtime";
import type { SubgroupLog, Track } from "../../track/mod.ts";
import { GroupCount } from "../group_count.ts";
import type { SessionMetrics } from "../metrics.ts";

/** What is sent of a track to one subscriber, counted for the track, the session and the relay. */
export class DeliveryCounts {
  /** The groups that were begun, for datagrams too. */
  readonly groups = new GroupCount();
  readonly #track: Track;
  readonly #metrics: SessionMetrics;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #streams = 0;

  constructor(
    track: Track,
    { metrics, clock }: { readonly metrics: SessionMetrics; readonly clock: Clock },
  ) {
    this.#track = track;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** The number of streams opened so far. */
  get streams(): number {
    return this.#streams;
  }

  /** A stream for a subgroup of this group was opened. */
  stream(group: bigint): void {
    const { sent } = this.#metrics;
    this.#streams++;
    sent.subgroups++;
    if (this.groups.begins(group)) sent.groups++;
  }

  sent(bytes: number, objects: number): void {
    const { sent } = this.#metrics;
    this.#track.traffic.sent += bytes;
    sent.bytes += bytes;
    sent.objects += objects;
  }

  /** The first bytes of a subgroup were sent. */
  begun(log: SubgroupLog): void {
    // Objects from before the subscription have no delivery delay.
    if (log.count === 0 || log.isFetched || log.timeOf(0) < this.#startedAt) return;
    this.#metrics.deliveryDelay(this.#clock.now() - log.timeOf(0));
  }

  /** A subgroup was sent as far as its dialect can say it. */
  ended(log: SubgroupLog): void {
    const { inexpressible } = this.#metrics;
    if (log.closesGaps) inexpressible.gaps++;
    if (log.lacksProperties) inexpressible.object_properties++;
  }
}
