import { type Clock, type TaskGroup, TokenBucket } from "@qumo/shared/runtime";
import type { Connection } from "../../transport/types.ts";
import { isTransportEnd, SessionError } from "../errors.ts";
import type { StreamSource } from "../first_streams.ts";
import {
  MAX_INCOMPLETE_REQUESTS,
  USELESS_DATAGRAMS_AT_ONCE,
  USELESS_DATAGRAMS_PER_SECOND,
} from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { LiteStream } from "./lite_stream.ts";
import type { LiteStreams } from "./lite_streams.ts";
import type { LiteRouter } from "./router.ts";
import type { LiteIngest } from "./subscriber/lite_ingest.ts";

/** The dependencies of {@linkcode LiteAcceptor}. */
export interface LiteAcceptorParts {
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly metrics: SessionMetrics;
  readonly connection: Pick<Connection, "receiveDatagram">;
  readonly source: Pick<StreamSource, "acceptUni">;
  readonly streams: LiteStreams;
  readonly ingest: LiteIngest;
  readonly router: LiteRouter;
  /** Time limit of a request's first message, in milliseconds. */
  readonly firstMessageMs: number;
  /** Closes the session because the peer exceeds a limit. */
  readonly giveUp: (reason: string) => void;
  /** Closes the session for an error of the peer. */
  readonly fail: (error: unknown) => void;
}

/** Accepts the peer's streams and datagrams while the session lasts, each in a task of its own. */
export class LiteAcceptor {
  readonly #parts: LiteAcceptorParts;
  // Requests whose first message was not complete in time.
  #incomplete = 0;

  constructor(parts: LiteAcceptorParts) {
    this.#parts = parts;
  }

  /** Starts accepting. */
  start(): void {
    const { tasks } = this.#parts;
    tasks.spawn("streams", () => this.#acceptStreams());
    tasks.spawn("requests", () => this.#acceptRequests());
    tasks.spawn("datagrams", () => this.#acceptDatagrams());
  }

  async #acceptStreams(): Promise<void> {
    const { ingest, source, tasks } = this.#parts;
    for (;;) {
      const stream = await source.acceptUni();
      if (stream === undefined) return;
      tasks.spawn("stream", () => ingest.stream(stream));
    }
  }

  async #acceptRequests(): Promise<void> {
    const { streams, tasks } = this.#parts;
    for (;;) {
      const stream = await streams.accept();
      if (stream === undefined) return;
      tasks.spawn("request", () => this.#serve(stream));
    }
  }

  async #acceptDatagrams(): Promise<void> {
    const { clock, connection, ingest } = this.#parts;
    const useless = new TokenBucket(clock, {
      rate: USELESS_DATAGRAMS_PER_SECOND,
      burst: USELESS_DATAGRAMS_AT_ONCE,
    });
    for (;;) {
      const datagram = await connection.receiveDatagram();
      if (datagram === undefined) return;
      if (ingest.datagram(datagram)) continue;
      if (!useless.take()) return this.#parts.giveUp("too many useless datagrams");
    }
  }

  async #serve(stream: LiteStream): Promise<void> {
    const { router } = this.#parts;
    const request = await this.#inTime(stream, async () => {
      const type = await stream.type();
      return type === undefined ? undefined : await router.read(stream, type);
    });
    if (request === undefined) return stream.finish();
    await router.serve(stream, request);
  }

  /** Reads what a stream begins with; undefined when it does not come in time. */
  async #inTime<T>(stream: LiteStream, read: () => Promise<T>): Promise<T | undefined> {
    const { clock, firstMessageMs, metrics } = this.#parts;
    let isLate = false;
    const timer = clock.after(firstMessageMs, () => {
      if (!stream.awaitsPeer) return;
      isLate = true;
      stream.cancel("internal_error");
    });
    try {
      return await read();
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      // The peer gets its stream credit back only when both halves are closed.
      stream.cancel("cancelled");
      metrics.requestsUnread[isLate ? "timeout" : "reset"]++;
      if (isLate) this.#countIncomplete();
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  /** Deno cannot stop a silent stream, so each of these may occupy a stream permanently. */
  #countIncomplete(): void {
    this.#incomplete++;
    if (this.#incomplete <= MAX_INCOMPLETE_REQUESTS) return;
    const reason = `more than ${MAX_INCOMPLETE_REQUESTS} requests were begun and not finished`;
    this.#parts.fail(new SessionError("control_message_timeout", reason));
  }
}
