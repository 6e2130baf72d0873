import type { TaskGroup } from "@qumo/shared/runtime";
import {
  type ControlMessage,
  type MultiplexedDraft,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
} from "@qumo/shared/wire";
import { TransportError } from "../../../transport/errors.ts";
import { type BidiStream, URGENT } from "../../../transport/types.ts";
import { SessionError, violation } from "../../errors.ts";
import type { StreamSource } from "../../first_streams.ts";
import type { SessionMetrics } from "../../metrics.ts";
import type { ControlLine } from "./control_line.ts";
import { MultiplexedChannel, type SharedLine } from "./multiplexed_channel.ts";
import type { Answered } from "./multiplexed_updates.ts";
import { type Beginning, type Follow, nameOf, namesOf } from "./multiplexed_words.ts";
import { announceNamespace } from "./namespace_requests.ts";
import { OwnCredit } from "./own_credit.ts";
import { ownPrefixStream } from "./own_prefix_stream.ts";
import { PeerCredit } from "./peer_credit.ts";
import { PrefixStreamDialect } from "./prefix_stream.ts";
import { type MessageRules, RequestStream } from "./request_stream.ts";
import type { OwnRequest, RequestChannel, Requests } from "./requests.ts";
import { watchedBidi } from "./watched_bidi.ts";

/** The dependencies of {@linkcode MultiplexedRequests}. */
export interface MultiplexedParts {
  readonly draft: MultiplexedDraft;
  readonly line: ControlLine;
  /** The peer's streams but for the control stream. */
  readonly streams: Pick<StreamSource, "acceptBidi">;
  readonly openBidi: () => Promise<BidiStream>;
  readonly tasks: TaskGroup;
  readonly metrics: Pick<SessionMetrics, "requestsBlocked">;
  readonly rules: Omit<MessageRules, "draft" | "nextId">;
  /** MAX_REQUEST_ID of the peer's SETUP. */
  readonly peerLimit: bigint;
  /** Requests that the peer may have at a time. */
  readonly maxRequests: number;
}

/**
 * Requests that share the control stream: drafts 14 to 16. Its messages are sorted by the ids that
 * they name, and taken in order: a request whose messages nobody reads holds up no other, since the
 * peer may say only so much unanswered.
 */
export class MultiplexedRequests implements Requests, SharedLine {
  readonly draft: MultiplexedDraft;
  readonly own: OwnCredit;
  readonly leftOut: SharedLine["leftOut"];
  readonly registerTokens: (message: ControlMessage) => void;
  readonly #parts: MultiplexedParts;
  readonly #peer: PeerCredit;
  readonly #channels = new Map<bigint, MultiplexedChannel>();
  // Those that a draft may name by their namespace.
  readonly #named = new Map<string, MultiplexedChannel>();
  // Our updates that were not answered.
  readonly #updates = new Map<bigint, Answered>();
  readonly #arrived: RequestChannel[] = [];
  #accepting: PromiseWithResolvers<void> | undefined;
  #isListening = false;
  #isOver = false;

  constructor(parts: MultiplexedParts) {
    const { draft, line, metrics, rules, peerLimit, maxRequests } = parts;
    const { role } = rules;
    this.draft = draft;
    this.leftOut = rules.leftOut;
    this.registerTokens = rules.registerTokens;
    this.#parts = parts;
    this.own = new OwnCredit({
      role,
      limit: peerLimit,
      onBlocked: (limit) => {
        metrics.requestsBlocked.of_relay++;
        line.send({ kind: "requestsBlocked", limit });
      },
    });
    this.#peer = new PeerCredit({
      role,
      requests: maxRequests,
      inOrder: draft.requests.prefixes === "control",
      allow: (limit) => void line.send({ kind: "maxRequestId", limit }),
    });
  }

  async open(kind: OwnRequest): Promise<RequestChannel> {
    this.#listen();
    await this.own.take();
    return kind === "subscribeNamespace" && this.draft.requests.prefixes === "stream"
      ? ownPrefixStream(await this.#parts.openBidi(), this.draft, this.#parts.rules, this.own)
      : new MultiplexedChannel(this);
  }

  async accept(): Promise<RequestChannel | undefined> {
    this.#listen();
    while (this.#arrived.length === 0 && !this.#isOver) {
      this.#accepting ??= Promise.withResolvers();
      await this.#accepting.promise;
    }
    return this.#isOver ? undefined : this.#arrived.shift();
  }

  #arrive(channel: RequestChannel): void {
    this.#arrived.push(channel);
    this.#accepting?.resolve();
    this.#accepting = undefined;
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const { tasks, line, rules } = this.#parts;
    const listening = line.listen(async (message) => {
      await rules.admit();
      this.#take(message);
    });
    tasks.spawn("control stream", () => listening);
    // Behind the task, whose failure says why the session ends.
    const end = () => this.#end();
    listening.then(end, end);
    tasks.spawn("request streams", () => this.#acceptStreams());
  }

  async #acceptStreams(): Promise<void> {
    for (;;) {
      const bidi = await this.#parts.streams.acceptBidi();
      if (bidi === undefined) return;
      if (this.draft.requests.prefixes === "control") {
        throw violation("A bidirectional stream beside the control stream");
      }
      await this.#parts.rules.admit();
      this.#arrive(this.#prefixStream(bidi));
    }
  }

  /** A SUBSCRIBE_NAMESPACE of the peer on a stream of its own. */
  #prefixStream(bidi: BidiStream): RequestChannel {
    const stream = watchedBidi(bidi, () => this.#peer.ended());
    return new RequestStream(stream, {
      ...this.#parts.rules,
      draft: new PrefixStreamDialect(this.draft, this.#peer),
      openedBy: "peer",
      nextId: () => this.own.nextId,
      // A peer ends its half to cancel.
      mayProbe: false,
    }, URGENT - 1);
  }

  say(message: MultiplexedMessage): boolean {
    return this.#parts.line.send(message);
  }

  begun(channel: MultiplexedChannel, beginning: Beginning): void {
    this.#channels.set(beginning.requestId, channel);
    const name = nameOf(namesOf(beginning), "us", beginning.kind);
    if (name !== undefined) this.#named.set(name, channel);
  }

  updated(id: bigint, answered: Answered): void {
    this.#updates.set(id, answered);
  }

  dropped(ids: Iterable<bigint>): void {
    for (const id of ids) this.#updates.delete(id);
  }

  answeredUpdate(): void {
    this.#peer.ended();
  }

  announce: SharedLine["announce"] = (namespace) =>
    announceNamespace(this, this.#parts.tasks, namespace);

  over(channel: MultiplexedChannel, beginning: Beginning): void {
    const { requestId } = beginning;
    if (this.#channels.get(requestId) === channel) this.#channels.delete(requestId);
    for (const by of ["us", "peer"] as const) {
      const name = nameOf(namesOf(beginning), by, beginning.kind);
      if (name !== undefined && this.#named.get(name) === channel) this.#named.delete(name);
    }
    if (!this.own.hasUsed(requestId)) this.#peer.ended();
  }

  #take(message: MultiplexedMessage): void {
    switch (message.kind) {
      case "subscribe":
      case "publish":
      case "fetch":
      case "trackStatus":
      case "publishNamespace":
        return this.#begin(message);
      case "subscribePrefix":
        if (this.draft.requests.prefixes === "stream") break;
        return this.#begin(message);
      case "maxRequestId":
        return this.own.raise(message.limit);
      case "requestsBlocked":
        this.#parts.metrics.requestsBlocked.of_peer++;
        return this.#peer.blocked();
      case "requestUpdate":
        return this.#update(message);
      case "subscribeOk":
      case "fetchOk":
      case "requestOk":
      case "requestError":
        return this.#answered(message);
      case "publishDone":
      case "unsubscribe":
      case "fetchCancel":
        return this.#follow(message, message.requestId);
      case "publishNamespaceDone":
        return this.#withdrawn(message, nameOf(message, "peer", "publishNamespace"));
      case "unsubscribePrefix":
        return this.#withdrawn(message, nameOf(message, "peer", "subscribePrefix"));
      case "publishNamespaceCancel":
        return this.#withdrawn(message, nameOf(message, "us", "publishNamespace"));
    }
    throw violation(`${message.kind} does not belong on the control stream`);
  }

  #begin(message: Beginning): void {
    this.#peer.accept(message.requestId);
    if (this.#channels.has(message.requestId)) {
      throw new SessionError("invalid_request_id", `Request id ${message.requestId} is in use`);
    }
    const channel = new MultiplexedChannel(this, message);
    this.#channels.set(message.requestId, channel);
    const name = nameOf(namesOf(message), "peer", message.kind);
    if (name !== undefined && !this.#named.has(name)) this.#named.set(name, channel);
    this.#arrive(channel);
  }

  #update(message: MultiplexedMessageOf<"requestUpdate">): void {
    this.#peer.accept(message.requestId);
    const channel = this.#channels.get(message.existing);
    if (channel !== undefined) return channel.receive(message);
    this.#checkOver(message, message.existing);
    this.#peer.ended();
    if (!this.draft.requests.answersUpdates) return;
    const { requestId } = message;
    const refusal = {
      code: "does_not_exist",
      retryAfter: 0n,
      reason: "the request is over",
    } as const;
    this.say({ kind: "requestError", requestId, to: "requestUpdate", ...refusal });
  }

  /** An answer names a request, or an update of one. */
  #answered(
    message: MultiplexedMessageOf<"subscribeOk" | "fetchOk" | "requestOk" | "requestError">,
  ): void {
    const { requestId } = message;
    const updated = this.#updates.get(requestId);
    if (updated === undefined) return this.#follow(message, requestId);
    if (message.kind !== "requestOk" && message.kind !== "requestError") {
      throw violation(`${message.kind} does not answer an update`);
    }
    this.#updates.delete(requestId);
    updated(message);
  }

  #withdrawn(message: Follow, name: string | undefined): void {
    const { requestId } = message as { requestId?: bigint };
    if (requestId !== undefined) return this.#follow(message, requestId);
    // Without a request of this name it crossed its end.
    this.#named.get(name ?? "")?.receive(message);
  }

  #follow(message: Follow, requestId: bigint): void {
    const channel = this.#channels.get(requestId);
    if (channel !== undefined) channel.receive(message);
    else this.#checkOver(message, requestId);
  }

  /** What comes for a request that is over has crossed its end; no other may be named. */
  #checkOver({ kind }: MultiplexedMessage, requestId: bigint): void {
    if (this.own.hasUsed(requestId) || this.#peer.mayHaveUsed(requestId)) return;
    throw violation(`${kind} names request ${requestId}, which there was none of`);
  }

  #end(): void {
    this.#isOver = true;
    const failure = new TransportError("closed", 0, "The session ended");
    this.own.end(failure);
    this.#accepting?.resolve();
    for (const channel of [...this.#channels.values()]) channel.close(failure);
  }
}
