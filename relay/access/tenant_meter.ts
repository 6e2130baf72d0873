import type { TenantUsage } from "@qumo/shared/topology/access_schemas";
import type { Measurable } from "../session/rights.ts";
import { USAGE_LOOKS } from "./limits.ts";
import type { Bearer } from "./present.ts";

/** What a tenant uses, in the words of a policy. */
export type Measured = Omit<TenantUsage, "tenant">;

interface Sample {
  readonly at: number;
  readonly received: number;
  readonly sent: number;
}

/** What the sessions of one tenant use here. */
export class TenantMeter {
  readonly sessions = new Set<Bearer>();
  /** From when on requests are ended, while it uses too much. */
  cutFrom: number | undefined;
  readonly #bytes = { received: 0, sent: 0 };
  readonly #samples: Sample[];
  #tracks = 0;
  #ingress = 0;
  #egress = 0;

  constructor(now: number) {
    this.#samples = [{ at: now, received: 0, sent: 0 }];
  }

  get measured(): Measured {
    return {
      sessions: this.sessions.size,
      tracks: this.#tracks,
      ingress_bps: this.#ingress,
      egress_bps: this.#egress,
    };
  }

  /** Whether nothing uses it, nor did in the time that is measured. */
  get isQuiet(): boolean {
    const { received, sent } = this.#samples[0]!;
    const bytes = this.#bytes;
    return this.sessions.size === 0 && bytes.received === received && bytes.sent === sent;
  }

  /** A track was allowed since they were counted. */
  oneTrackMore(): void {
    this.#tracks++;
  }

  /** Counts tracks, and averages bits per second over the last looks. */
  measure(now: number): void {
    this.#tracks = 0;
    for (const { tracks } of this.sessions) this.#tracks += tracks;
    const samples = this.#samples;
    samples.push({ at: now, ...this.#bytes });
    if (samples.length > USAGE_LOOKS + 1) samples.shift();
    const [first] = samples;
    const seconds = (now - first!.at) / 1_000;
    if (seconds <= 0) return;
    this.#ingress = Math.round((this.#bytes.received - first!.received) * 8 / seconds);
    this.#egress = Math.round((this.#bytes.sent - first!.sent) * 8 / seconds);
  }

  /** Counters that count for this tenant too what is added to them. */
  counting<Counts extends Measurable>(metrics: Counts): Counts {
    const own = Object.create(metrics, {
      received: { value: counted(metrics.received, (bytes) => this.#bytes.received += bytes) },
      sent: { value: counted(metrics.sent, (bytes) => this.#bytes.sent += bytes) },
    });
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value === "number") passOn(own, metrics, name);
    }
    return own;
  }
}

type Traffic = Measurable["sent"];

function counted(all: Traffic, add: (bytes: number) => void): Traffic {
  const own = Object.create(null);
  for (const name of Object.keys(all)) passOn(own, all, name);
  return Object.defineProperty(own, "bytes", {
    get: () => all.bytes,
    set(bytes: number) {
      add(bytes - all.bytes);
      all.bytes = bytes;
    },
  });
}

/** Lets a number of `own` be that of `all`, since otherwise adding to it would make one of its own. */
function passOn(own: object, all: object, name: string): void {
  const numbers = all as Record<string, number>;
  Object.defineProperty(own, name, {
    configurable: true,
    get: () => numbers[name],
    set: (value: number) => void (numbers[name] = value),
  });
}
