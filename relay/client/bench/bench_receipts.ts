import type { Clock } from "@qumo/shared/runtime";
import { Latency } from "./latency.ts";
import { readStamp } from "./bench_payload.ts";

/** What a subscriber has of one track. */
export interface TrackReceipts {
  /** Milliseconds until its first object; undefined before it. */
  first: number | undefined;
  /** Objects of those that are measured. */
  received: number;
  object(payload: Uint8Array): void;
}

/** Which objects of a track are measured: from the first number up to, and without, the second. */
export interface MeasuredObjects {
  from: number;
  to: number;
}

/** Counts what all subscribers receive of the objects that are measured. */
export class BenchReceipts {
  readonly latency = new Latency();
  readonly tracks: TrackReceipts[] = [];
  readonly #clock: Clock;
  #objects = 0;
  #bytes = 0;
  // Since the last line.
  readonly #recent = new Latency();
  #line = { at: 0, objects: 0, bytes: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get objects(): number {
    return this.#objects;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a subscription that begins now. */
  track(measured: MeasuredObjects): TrackReceipts {
    const began = this.#clock.now();
    const receipts: TrackReceipts = {
      first: undefined,
      received: 0,
      object: (payload) => {
        const now = this.#clock.now();
        const stamp = readStamp(payload);
        if (stamp === undefined) return;
        receipts.first ??= now - began;
        if (stamp.number < measured.from || stamp.number >= measured.to) return;
        receipts.received++;
        this.#objects++;
        this.#bytes += payload.length;
        this.latency.add(now - stamp.sentAt);
        this.#recent.add(now - stamp.sentAt);
      },
    };
    this.tracks.push(receipts);
    return receipts;
  }

  /** What came since the last call. */
  recent() {
    const now = this.#clock.now();
    const seconds = Math.max(1, now - this.#line.at) / 1_000;
    const found = {
      objectsPerSecond: (this.#objects - this.#line.objects) / seconds,
      bitsPerSecond: (this.#bytes - this.#line.bytes) * 8 / seconds,
      p50: this.#recent.percentile(0.5),
      p99: this.#recent.percentile(0.99),
      largest: this.#recent.largest,
    };
    this.#line = { at: now, objects: this.#objects, bytes: this.#bytes };
    this.#recent.clear();
    return found;
  }
}
