import type { Clock } from "@qumo/shared/runtime";
import type { LoadReport } from "@qumo/shared/topology";

/** The sources of a {@linkcode LoadMeter}. */
export interface LoadSources {
  readonly clients: () => { readonly sessions: number; readonly subscriptions: number };
  readonly bytesSent: () => number;
  readonly cpuSeconds: () => number;
  readonly clock: Clock;
}

/**
 * The minimum time in milliseconds over which rates are computed: objects arrive in bursts, and
 * heartbeats may follow each other closely.
 */
const WINDOW_MS = 10_000;

/** The minimum time in milliseconds between two kept readings. */
const SPACING_MS = 1_000;

interface Reading {
  readonly now: number;
  readonly bytes: number;
  readonly cpu: number;
}

/** Measures the relay's load: current counts, and recent rates. */
export class LoadMeter {
  readonly #sources: LoadSources;
  /** The oldest reading is as old as the window or older, if there is one. */
  readonly #readings: Reading[];

  constructor(sources: LoadSources) {
    this.#sources = sources;
    this.#readings = [this.#read()];
  }

  /** The share of a core that is in use; 0 while it is not known. */
  get cpu(): number {
    return this.measure().cpu ?? 0;
  }

  measure(): LoadReport {
    const { sessions, subscriptions } = this.#sources.clients();
    const now = this.#read();
    const last = this.#since(now);
    const seconds = (now.now - last.now) / 1000;
    if (seconds <= 0) return { sessions, subscriptions };
    return {
      sessions,
      subscriptions,
      egress_bps: Math.round((now.bytes - last.bytes) * 8 / seconds),
      // Relative to one core, which is all that one process uses.
      cpu: Math.min(1, Math.max(0, (now.cpu - last.cpu) / seconds)),
    };
  }

  /** The reading that rates are computed from. */
  #since(now: Reading): Reading {
    const readings = this.#readings;
    while (readings.length > 1 && now.now - readings[1]!.now >= WINDOW_MS) readings.shift();
    const [first] = readings;
    if (now.now - readings.at(-1)!.now >= SPACING_MS) readings.push(now);
    return first!;
  }

  #read(): Reading {
    const { clock, bytesSent, cpuSeconds } = this.#sources;
    return { now: clock.now(), bytes: bytesSent(), cpu: cpuSeconds() };
  }
}
