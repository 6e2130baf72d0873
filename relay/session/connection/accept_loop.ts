import { type Clock, type TaskGroup, TokenBucket } from "@qumo/shared/runtime";
import type { StreamErrorName } from "@qumo/shared/wire";
import type { Connection, ReceiveStream } from "../../transport/types.ts";
import { isTransportEnd, SessionError } from "../errors.ts";
import {
  MAX_INCOMPLETE_REQUESTS,
  USELESS_DATAGRAMS_AT_ONCE,
  USELESS_DATAGRAMS_PER_SECOND,
} from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";

/** A request of the peer, of which nothing was read. */
export interface UnreadRequest {
  /** Whether the peer has to say more before it can be read. */
  readonly awaitsPeer: boolean;
  cancel(code: StreamErrorName): void;
  finish(): void;
}

/** What a dialect does with what the peer sends. */
export interface AcceptHandlers<Request, First> {
  /** The peer's next data stream; undefined at the end of the session. */
  nextStream(): Promise<ReceiveStream | undefined>;
  /** Reads a data stream to its end. */
  stream(stream: ReceiveStream): Promise<void>;
  /** The peer's next request; undefined at the end of the session. */
  nextRequest(): Promise<Request | undefined>;
  /** Reads what a request begins with; undefined for one that ends before. */
  first(request: Request): Promise<First | undefined>;
  /** Serves a request to its end. */
  serve(request: Request, first: First): Promise<void>;
  /** Takes a datagram; false when it is useless. */
  datagram(bytes: Uint8Array): boolean;
}

/** The dependencies of {@linkcode AcceptLoop}. */
export interface AcceptParts {
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly metrics: SessionMetrics;
  readonly connection: Pick<Connection, "receiveDatagram">;
  /** Time limit of a request's first message, in milliseconds. */
  readonly firstMessageMs: number;
  /** Closes the session because the peer exceeds a limit. */
  readonly giveUp: (reason: string) => void;
  /** Closes the session for an error of the peer. */
  readonly fail: (error: unknown) => void;
}

/**
 * Accepts the peer's streams, requests and datagrams while the session lasts, each in a task of its
 * own.
 */
export class AcceptLoop<Request extends UnreadRequest, First> {
  readonly #parts: AcceptParts;
  readonly #handlers: AcceptHandlers<Request, First>;
  // Requests whose first message was not complete in time.
  #incomplete = 0;

  constructor(parts: AcceptParts, handlers: AcceptHandlers<Request, First>) {
    this.#parts = parts;
    this.#handlers = handlers;
  }

  /** Starts accepting. */
  start(): void {
    const { tasks } = this.#parts;
    tasks.spawn("streams", () => this.#acceptStreams());
    tasks.spawn("requests", () => this.#acceptRequests());
    tasks.spawn("datagrams", () => this.#acceptDatagrams());
  }

  async #acceptStreams(): Promise<void> {
    for (;;) {
      const stream = await this.#handlers.nextStream();
      if (stream === undefined) return;
      this.#parts.tasks.spawn("stream", () => this.#handlers.stream(stream));
    }
  }

  async #acceptRequests(): Promise<void> {
    for (;;) {
      const request = await this.#handlers.nextRequest();
      if (request === undefined) return;
      this.#parts.tasks.spawn("request", () => this.#serve(request));
    }
  }

  async #acceptDatagrams(): Promise<void> {
    const { clock, connection } = this.#parts;
    const useless = new TokenBucket(clock, {
      rate: USELESS_DATAGRAMS_PER_SECOND,
      burst: USELESS_DATAGRAMS_AT_ONCE,
    });
    for (;;) {
      const datagram = await connection.receiveDatagram();
      if (datagram === undefined) return;
      if (this.#handlers.datagram(datagram)) continue;
      if (!useless.take()) return this.#parts.giveUp("too many useless datagrams");
    }
  }

  async #serve(request: Request): Promise<void> {
    const first = await this.#first(request);
    if (first !== undefined) await this.#handlers.serve(request, first);
  }

  /** Reads what a request begins with; undefined when that does not come in time. */
  async #first(request: Request): Promise<First | undefined> {
    const { clock, firstMessageMs, metrics } = this.#parts;
    let isLate = false;
    const timer = clock.after(firstMessageMs, () => {
      if (!request.awaitsPeer) return;
      isLate = true;
      request.cancel("internal_error");
    });
    try {
      const first = await this.#handlers.first(request);
      if (first === undefined) request.finish();
      return first;
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      // The peer gets its stream credit back only when both halves are closed.
      request.cancel("cancelled");
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
