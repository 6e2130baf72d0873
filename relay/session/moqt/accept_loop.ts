import { type Clock, type TaskGroup, TokenBucket } from "@qumo/shared/runtime";
import { type ControlMessage } from "@qumo/shared/wire";
import type { Connection } from "../../transport/types.ts";
import { isTransportEnd, SessionError } from "../errors.ts";
import type { StreamSource } from "../first_streams.ts";
import {
  MAX_INCOMPLETE_REQUESTS,
  USELESS_DATAGRAMS_AT_ONCE,
  USELESS_DATAGRAMS_PER_SECOND,
} from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import type { RequestRouter } from "./request_router.ts";
import type { RequestChannel, Requests } from "./requests/requests.ts";
import type { FetchStreams, Ingest } from "./subscriber/ingest.ts";

/** The dependencies of {@linkcode AcceptLoop}. */
export interface AcceptParts {
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly metrics: SessionMetrics;
  readonly connection: Pick<Connection, "receiveDatagram">;
  readonly streams: Pick<StreamSource, "acceptUni">;
  readonly requests: Pick<Requests, "accept">;
  readonly ingest: Ingest;
  /** Handles the streams of our FETCHes. */
  readonly publisher: FetchStreams;
  readonly router: RequestRouter;
  /** Time limit of a request's first message, in milliseconds. */
  readonly firstMessageMs: number;
  /** Registers the tokens of a request. */
  readonly register: (message: ControlMessage) => void;
  /** Closes the session because the peer exceeds a limit. */
  readonly giveUp: (reason: string) => void;
  /** Closes the session for an error of the peer. */
  readonly fail: (error: unknown) => void;
}

/**
 * Accepts the peer's streams, requests and datagrams while the session lasts, each in a task of its
 * own.
 */
export class AcceptLoop {
  readonly #parts: AcceptParts;
  // Requests whose first message was not complete in time.
  #incomplete = 0;

  constructor(parts: AcceptParts) {
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
    const { ingest, publisher, streams, tasks } = this.#parts;
    for (;;) {
      const stream = await streams.acceptUni();
      if (stream === undefined) return;
      tasks.spawn("stream", () => ingest.stream(stream, publisher));
    }
  }

  async #acceptRequests(): Promise<void> {
    const { requests, tasks } = this.#parts;
    for (;;) {
      const request = await requests.accept();
      if (request === undefined) return;
      tasks.spawn("request", () => this.#serve(request));
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

  async #serve(request: RequestChannel): Promise<void> {
    const message = await this.#firstMessage(request);
    if (message === undefined) return;
    this.#parts.register(message);
    await this.#parts.router.serve(request, message);
    await request.drain();
  }

  /** Reads a request's first message; undefined when it does not arrive in time. */
  async #firstMessage(request: RequestChannel): Promise<ControlMessage | undefined> {
    const { clock, firstMessageMs, metrics } = this.#parts;
    let isLate = false;
    const timer = clock.after(firstMessageMs, () => {
      if (!request.awaitsPeer) return;
      isLate = true;
      request.cancel("internal_error");
    });
    try {
      const message = await request.next();
      if (message === undefined) request.finish();
      return message;
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
