import type { ControlMessage, Namespace, ParameterRules, StreamErrorName } from "@qumo/shared/wire";
import type { PeerIds } from "./request_ids.ts";

/** The kinds of requests that the relay sends itself. */
export type OwnRequest =
  | "subscribe"
  | "publish"
  | "fetch"
  | "trackStatus"
  | "publishNamespace"
  | "subscribeNamespace";

/** The requests of both sides of a session. */
export interface Requests {
  /**
   * Opens a request of this kind, when the peer allows one more; the caller sends its first message
   * next. Rejects when the session has ended.
   */
  open(kind: OwnRequest): Promise<RequestChannel>;
  /** The peer's next request, unread; undefined when no more can arrive. */
  accept(): Promise<RequestChannel | undefined>;
}

/** Sending requests to the peer. */
export interface Asking {
  /** The request ids that the peer has used. */
  readonly ids: PeerIds;
  readonly requests: Pick<Requests, "open">;
}

/** The subject of a request: a namespace, or a track if it has a name. */
export interface RequestSubject {
  readonly namespace: Namespace;
  readonly name?: Uint8Array;
}

/** One request of either side: ordered messages in both directions. */
export interface RequestChannel {
  /** Which parameters its answers and updates may carry. */
  readonly rules: ParameterRules;
  /**
   * The request id for the first message or the update that is sent next, without an await between:
   * some drafts allow no gap.
   */
  nextId(): bigint;
  /** Messages sent so far. */
  readonly sentCount: number;
  /** Probes sent since the last message. */
  readonly probeCount: number;
  /** Whether a read is pending that needs bytes of the peer. */
  readonly awaitsPeer: boolean;
  /** The peer's next message; undefined after the last one. Rejects when the request was reset. */
  next(): Promise<ControlMessage | undefined>;
  /**
   * Sends a message. The request is cancelled if the peer reads none for too long, or if its draft
   * cannot express the message.
   */
  send(message: ControlMessage): void;
  /** Sends a message if the peer's draft can express it; otherwise it is left out: false. */
  trySend(message: ControlMessage): boolean;
  /** Ends our half of the request. */
  finish(): void;
  /** Cancels both directions (#request-cancellation). */
  cancel(code: StreamErrorName): void;
  /** Reads and drops the rest of the peer's half, so that the stream can be closed. */
  drain(): Promise<void>;
  /** Registers a callback for when the peer stops our half. */
  onStopped(callback: () => void): void;
  /** Probes whether the peer has stopped our half. */
  hasStopped(): Promise<boolean>;
  /**
   * Reads ahead while the request is being processed, so that a cancellation is noticed: `onEnd` is
   * called then, and with `byFin` also when the peer ends its half. Messages that arrived meanwhile
   * are returned by {@linkcode RequestChannel.next} afterwards.
   */
  hold(onEnd: () => void, options: { readonly byFin: boolean }): { release(): void };
}
