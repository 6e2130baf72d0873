import type { Clock } from "@qumo/shared/runtime";
import type { LoadReport } from "@qumo/shared/topology";

/** What a {@linkcode LoadMeter} looks at. */
export interface LoadSources {
  readonly snapshot: () => { readonly sessions: number; readonly subscriptions: number };
  readonly bytesSent: () => number;
  readonly cpuSeconds: () => number;
  readonly clock: Clock;
}

/** How busy the relay is: what it holds now, and its rates since it was last asked. */
export class LoadMeter {
  readonly #sources: LoadSources;
  #last: { readonly now: number; readonly bytes: number; readonly cpu: number };

  constructor(sources: LoadSources) {
    this.#sources = sources;
    this.#last = this.#read();
  }

  measure(): LoadReport {
    const { sessions, subscriptions } = this.#sources.snapshot();
    const last = this.#last;
    const now = this.#last = this.#read();
    const seconds = (now.now - last.now) / 1000;
    if (seconds <= 0) return { sessions, subscriptions };
    return {
      sessions,
      subscriptions,
      egress_bps: Math.round((now.bytes - last.bytes) * 8 / seconds),
      // Of one core, which is all that one process uses.
      cpu: Math.min(1, Math.max(0, (now.cpu - last.cpu) / seconds)),
    };
  }

  #read() {
    const { clock, bytesSent, cpuSeconds } = this.#sources;
    return { now: clock.now(), bytes: bytesSent(), cpu: cpuSeconds() };
  }
}
