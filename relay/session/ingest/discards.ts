import type { Clock, Log, LogFields } from "@qumo/shared/runtime";
import { type StreamErrorName } from "@qumo/shared/wire";
import type { Input } from "../input.ts";
import type { DatagramDrop, StreamStop } from "../../vocabulary/mod.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { SessionSettings } from "../settings.ts";

/** The interfaces that {@linkcode Discards} uses of its session. */
export interface DiscardsContext {
  readonly metrics: SessionMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly settings: Pick<SessionSettings, "setupTimeoutMs">;
}

/**
 * Discards streams and datagrams that belong to no track: counts them by reason, and logs each
 * reason once per session.
 */
export class Discards {
  readonly #context: DiscardsContext;
  readonly #logged = new Set<string>();

  constructor(context: DiscardsContext) {
    this.#context = context;
  }

  /** Stops a stream. */
  stream(
    input: Input,
    reason: StreamStop,
    { code = "cancelled", ...fields }: { code?: StreamErrorName } & LogFields = {},
  ): void {
    this.#context.metrics.streamsStopped[reason]++;
    this.#tellOnce("streams stopped", reason, fields);
    input.stop(code);
  }

  /** Reads the header of a stream, which is stopped when that does not come in time. */
  async inTime<T>(input: Input, read: () => Promise<T>): Promise<T> {
    const { clock, settings } = this.#context;
    const timer = clock.after(
      settings.setupTimeoutMs,
      () => this.stream(input, "silent", { code: "internal_error" }),
    );
    try {
      return await read();
    } finally {
      timer.cancel();
    }
  }

  /** Drops a datagram. */
  datagram(reason: DatagramDrop, fields: LogFields = {}): void {
    this.#context.metrics.datagramsDropped[reason]++;
    this.#tellOnce("datagrams dropped", reason, fields);
  }

  #tellOnce(what: string, reason: string, fields: LogFields): void {
    const line = `${what} ${reason}`;
    if (this.#logged.has(line)) return;
    this.#logged.add(line);
    this.#context.log.info(what, { reason, ...fields });
  }
}
