import { TokenBucket } from "@qumo/shared/runtime";
import { type ControlMessage, SessionCode, StreamCode } from "@qumo/shared/wire";
import type { BidiStream } from "../../transport/types.ts";
import { isTransportEnd, SessionError } from "../errors.ts";
import type { StreamSource } from "../first_streams.ts";
import {
  MAX_INCOMPLETE_REQUESTS,
  USELESS_DATAGRAMS_AT_ONCE,
  USELESS_DATAGRAMS_PER_SECOND,
} from "../limits.ts";
import type { SessionContext } from "./context.ts";
import type { Ingest } from "./subscriber/ingest.ts";
import type { RequestServer } from "./request_router.ts";
import type { RequestStream } from "./requests/request_stream.ts";

/** What {@linkcode Intake} hands things to. */
export interface IntakeParts {
  readonly streams: StreamSource;
  readonly ingest: Ingest;
  readonly requests: RequestServer;
  /** Resolves when setup is complete: what comes before waits. */
  readonly ready: Promise<unknown>;
  /** Waits until the peer may be listened to. */
  readonly admit: () => Promise<void>;
  /** Ends the session: the peer burdens us too much. */
  readonly giveUp: (reason: string) => void;
  readonly wrap: (bidi: BidiStream) => RequestStream;
  /** Takes note of the tokens that a request brings. */
  readonly register: (message: ControlMessage) => void;
}

/** Takes in what the peer opens and sends, each thing in a task of its own, as long as the session lasts. */
export class Intake {
  readonly #context: SessionContext;
  readonly #parts: IntakeParts;
  #isReady = false;
  // Requests that were begun and not finished in time.
  #incomplete = 0;

  constructor(context: SessionContext, parts: IntakeParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Begins. */
  start(): void {
    const { tasks } = this.#context;
    void this.#parts.ready.then(() => this.#isReady = true);
    tasks.spawn("streams", () => this.#acceptStreams());
    tasks.spawn("requests", () => this.#acceptRequests());
    tasks.spawn("datagrams", () => this.#acceptDatagrams());
  }

  async #acceptStreams(): Promise<void> {
    const { tasks } = this.#context;
    const { ingest, ready, streams } = this.#parts;
    for (;;) {
      const stream = await streams.acceptUni();
      if (stream === undefined) return;
      tasks.spawn("stream", () => ingest.stream(stream, ready));
    }
  }

  async #acceptRequests(): Promise<void> {
    const { tasks } = this.#context;
    const { streams } = this.#parts;
    for (;;) {
      await this.#parts.admit();
      const bidi = await streams.acceptBidi();
      if (bidi === undefined) return;
      tasks.spawn("request", () => this.#serve(this.#parts.wrap(bidi)));
    }
  }

  async #acceptDatagrams(): Promise<void> {
    const { clock, connection } = this.#context;
    const useless = new TokenBucket(clock, {
      rate: USELESS_DATAGRAMS_PER_SECOND,
      burst: USELESS_DATAGRAMS_AT_ONCE,
    });
    for (;;) {
      const datagram = await connection.receiveDatagram();
      if (datagram === undefined) return;
      if (!this.#isReady) this.#parts.ingest.early();
      else if (this.#parts.ingest.datagram(datagram)) continue;
      if (!useless.take()) return this.#parts.giveUp("too many datagrams of no use");
    }
  }

  async #serve(stream: RequestStream): Promise<void> {
    const message = await this.#firstMessage(stream);
    if (message === undefined) return;
    await this.#parts.ready;
    this.#parts.register(message);
    await this.#parts.requests.serve(stream, message);
    this.#context.requestEnded();
    await stream.drain();
  }

  /** What a request stream begins with; one that says nothing in time is given up. */
  async #firstMessage(stream: RequestStream): Promise<ControlMessage | undefined> {
    const { clock, settings, metrics } = this.#context;
    let isLate = false;
    const timer = clock.after(settings.setupTimeoutMs, () => {
      if (!stream.awaitsPeer) return;
      isLate = true;
      stream.cancel(StreamCode.INTERNAL_ERROR);
    });
    try {
      const message = await stream.next();
      if (message === undefined) stream.finish();
      return message;
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      // The peer may open another stream only when both halves of this one are over.
      stream.cancel(StreamCode.CANCELLED);
      metrics.requestsUnread[isLate ? "timeout" : "reset"]++;
      if (isLate) this.#countIncomplete();
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  /** Deno cannot stop a stream whose peer says nothing: each of these may take one for good. */
  #countIncomplete(): void {
    this.#incomplete++;
    if (this.#incomplete <= MAX_INCOMPLETE_REQUESTS) return;
    const reason = `more than ${MAX_INCOMPLETE_REQUESTS} requests were begun and not finished`;
    this.#context.fail(new SessionError(SessionCode.CONTROL_MESSAGE_TIMEOUT, reason));
  }
}
