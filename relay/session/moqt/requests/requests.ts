import type { ControlMessage, Namespace, ParameterRules } from "@qumo/shared/wire";
import type { RequestIds } from "./request_ids.ts";

/** Where the requests of both sides of a session come from. */
export interface Requests {
  /** Begins a request of ours, whose first message is sent next. Rejects when the session has ended. */
  open(): Promise<RequestChannel>;
  /** The peer's next request, of which nothing is read; undefined when no more can come. */
  accept(): Promise<RequestChannel | undefined>;
}

/** How a part of a session asks the peer for something. */
export interface Asking {
  /** The numbers of both sides' requests. */
  readonly ids: RequestIds;
  /** See {@linkcode Requests.open}. */
  openRequest(): Promise<RequestChannel>;
}

/** What a request is about: a namespace, or a track where it has a name. */
export interface RequestSubject {
  readonly namespace: Namespace;
  readonly name?: Uint8Array;
}

/** One request, begun by either side, and all that is said on it: messages both ways, in order. */
export interface RequestChannel {
  /** For the log. */
  subject: RequestSubject;
  /** Which parameters its answers and updates may carry. */
  readonly rules: ParameterRules;
  /** Messages sent so far. */
  readonly sentCount: number;
  /** How often since the last message the peer was asked whether it still takes any. */
  readonly probeCount: number;
  /** Whether it is the peer's turn: somebody reads, and what is read is not there. */
  readonly awaitsPeer: boolean;
  /** The peer's next message; undefined when it said its last. Rejects when it broke off. */
  next(): Promise<ControlMessage | undefined>;
  /** Sends a message; a peer that takes none for too long loses the request. */
  send(message: ControlMessage): void;
  /** Nothing more will be said. */
  finish(): void;
  /** Breaks the request off in both directions (#request-cancellation). */
  cancel(code: number): void;
  /** Reads what nobody asked for to its end, without which the request would count as open. */
  drain(): Promise<void>;
  /** Has this called once, when the peer no longer takes messages. */
  onStopped(callback: () => void): void;
  /** Asks whether the peer has stopped taking messages, which it need not have said. */
  hasStopped(): Promise<boolean>;
  /**
   * Reads ahead while the request is being worked on, so that a peer that breaks it off is noticed:
   * `onEnd` is called then, and with `byFin` also when the peer has nothing more to say. Messages that
   * came meanwhile are returned by {@linkcode RequestChannel.next} afterwards.
   */
  hold(onEnd: () => void, options: { readonly byFin: boolean }): { release(): void };
}
