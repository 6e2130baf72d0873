import type { LogFields } from "@qumo/shared/runtime";
import { StreamCode } from "@qumo/shared/wire";
import type { Input } from "../../input.ts";
import type { DatagramDrop, StreamStop } from "../../../vocabulary.ts";
import type { Reporting } from "../connection/facets.ts";

/** What {@linkcode ThrownAway} uses of its session. */
export type ThrownAwayContext = Reporting;

/**
 * What a peer sends that belongs to nothing: all of it is counted by reason, and the log tells of each
 * reason once for the session.
 */
export class ThrownAway {
  readonly #context: ThrownAwayContext;
  readonly #told = new Set<string>();

  constructor(context: ThrownAwayContext) {
    this.#context = context;
  }

  /** Stops a stream. */
  stream(
    input: Input,
    reason: StreamStop,
    { code = StreamCode.CANCELLED, ...fields }: { code?: StreamCode } & LogFields = {},
  ): void {
    this.#context.metrics.streamsStopped[reason]++;
    this.#tellOnce("streams stopped", reason, fields);
    input.stop(code);
  }

  /** Drops a datagram. */
  datagram(reason: DatagramDrop, fields: LogFields = {}): void {
    this.#context.metrics.datagramsDropped[reason]++;
    this.#tellOnce("datagrams dropped", reason, fields);
  }

  #tellOnce(what: string, reason: string, fields: LogFields): void {
    const told = `${what} ${reason}`;
    if (this.#told.has(told)) return;
    this.#told.add(told);
    this.#context.log.info(what, { reason, ...fields });
  }
}
