import {
  type DatagramObject,
  firstObjectOf,
  includesGroup,
  lastObjectOf,
  passes,
  takeMemory,
  type Track,
} from "../../track/mod.ts";
import type { GroupCount } from "../group_count.ts";
import type { SkipReport } from "./skip_report.ts";
import type { DatagramTerms, SubscriptionContext } from "./subscription_context.ts";
import {
  objectTimeout,
  subgroupTimeout,
  type SubscriptionOptions,
} from "./subscription_options.ts";

const PLAIN_DATAGRAMS: DatagramTerms = { header: new Uint8Array(0), maxBytes: Infinity };

/** What a {@linkcode DatagramSender} counts with. */
export interface DatagramCounts {
  readonly report: SkipReport;
  readonly groupCount: GroupCount;
}

/** Sends the datagrams of one track to one subscriber. */
export class DatagramSender {
  readonly #track: Track;
  readonly #context: SubscriptionContext;
  readonly #counts: DatagramCounts;

  constructor(track: Track, context: SubscriptionContext, counts: DatagramCounts) {
    this.#track = track;
    this.#context = context;
    this.#counts = counts;
  }

  /** Sends a datagram if the subscription includes it and it is not too old. */
  send(group: bigint, object: DatagramObject, options: SubscriptionOptions): void {
    if (!this.#isIncluded(group, object, options)) return;
    const { report, groupCount } = this.#counts;
    const { connection, metrics, clock, renderer } = this.#context;
    const age = clock.now() - object.time;
    // A datagram is a subgroup of its own, complete when it arrives.
    if (
      age > Math.min(objectTimeout(options, this.#track), subgroupTimeout(options, this.#track))
    ) {
      return report.skip("delivery_timeout", group);
    }
    const shared = this.#track.renderings.ofDatagram(object, renderer);
    if (shared.length === 0) return report.drop("inexpressible");
    const { header, maxBytes } = this.#context.datagrams ?? PLAIN_DATAGRAMS;
    const bytes = header.length === 0 ? shared : behind(header, shared);
    const limit = Math.min(maxBytes, connection.maxDatagramSize);
    if (bytes.length > limit) return report.drop("too_large");
    if (!connection.sendDatagram(bytes)) return report.drop("unsent");
    metrics.sent.datagrams++;
    metrics.sent.objects++;
    if (groupCount.begins(group)) metrics.sent.groups++;
    metrics.sent.bytes += bytes.length;
    this.#track.traffic.sent += bytes.length;
  }

  #isIncluded(
    group: bigint,
    { object, priority, properties }: DatagramObject,
    { window, forward, filter }: SubscriptionOptions,
  ): boolean {
    if (!forward || !includesGroup(window, group)) return false;
    if (object < firstObjectOf(window, group)) return false;
    if (object > (lastObjectOf(window, group) ?? Infinity)) return false;
    if (filter === undefined) return true;
    const head = { subgroup: undefined, priority: this.#track.priorityOf(priority) };
    return passes(filter, { ...head, object, properties });
  }
}

/** These bytes behind a header; a copy, which datagrams are too small to make a difference for. */
function behind(header: Uint8Array, bytes: Uint8Array): Uint8Array {
  const whole = takeMemory(header.length + bytes.length);
  whole.set(header);
  whole.set(bytes, header.length);
  return whole;
}
