import {
  type ControlMessage,
  type ControlMessageOf,
  type GroupOrder,
  type Namespace,
  namespaceKey,
  type ParameterRules,
  type StreamErrorName,
} from "@qumo/shared/wire";
import { TransportError } from "../../../transport/errors.ts";
import { violation } from "../../errors.ts";
import { Inbox } from "./inbox.ts";
import { MultiplexedUpdates, type UpdateLine } from "./multiplexed_updates.ts";
import { type Beginning, beginningOf, endOf, type Follow, mayFollow } from "./multiplexed_words.ts";
import type { RequestChannel, RequestSubject } from "./requests.ts";
import { subjectOf } from "./subject.ts";

/** What a channel uses of the stream that it shares with others. */
export interface SharedLine extends UpdateLine {
  /** Called for a message that is left out because the draft cannot say it. */
  leftOut(message: ControlMessage, subject: RequestSubject): void;
  /** A request of ours was sent. */
  begun(channel: MultiplexedChannel, beginning: Beginning): void;
  /** Announces a namespace under the prefix of the peer's request; the result withdraws it. */
  announce(namespace: Namespace): () => void;
  /** Both sides have said all. */
  over(channel: MultiplexedChannel, beginning: Beginning): void;
}

/** A request on the control stream that all requests share: drafts 14 to 16. */
export class MultiplexedChannel implements RequestChannel {
  readonly rules: ParameterRules;
  /** A peer that cancels a request says so, and need not be probed. */
  readonly probeCount = 0;
  readonly #line: SharedLine;
  readonly #openedBy: "us" | "peer";
  readonly #inbox = new Inbox();
  readonly #updates: MultiplexedUpdates;
  readonly #stoppedListeners: (() => void)[] = [];
  // What the request began with, said by either side.
  #beginning: Beginning | undefined;
  #isAnswered = false;
  // Whether a message said that no more follows from us, or from the peer.
  #hasSaidLast = false;
  #hasPeerSaidLast = false;
  #hasEnded = false;
  #isOver = false;
  #isStopped = false;
  #sentCount = 0;
  // Withdraws the namespaces that the peer was told of, under the prefix of its request.
  readonly #announced = new Map<string, () => void>();

  /** `beginning` is the peer's first message; undefined for a request of ours. */
  constructor(line: SharedLine, beginning?: Beginning) {
    this.rules = line.draft.parameters;
    this.#line = line;
    this.#openedBy = beginning === undefined ? "us" : "peer";
    this.#beginning = beginning;
    this.#updates = new MultiplexedUpdates(line, this.#inbox);
    if (beginning !== undefined) this.#inbox.push(beginning);
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  get awaitsPeer(): boolean {
    return this.#inbox.isAwaited;
  }

  nextId(): bigint {
    return this.#line.own.nextId;
  }

  next(): Promise<ControlMessage | undefined> {
    return this.#inbox.next();
  }

  drain(): Promise<void> {
    return this.#inbox.drain();
  }

  hold(onEnd: () => void, options: { readonly byFin: boolean }): { release(): void } {
    return this.#inbox.hold(onEnd, options);
  }

  onStopped(callback: () => void): void {
    // Who comes too late is told too, as on a stream of its own.
    if (this.#isStopped) queueMicrotask(callback);
    else this.#stoppedListeners.push(callback);
  }

  hasStopped(): Promise<boolean> {
    return Promise.resolve(false);
  }

  send(message: ControlMessage): void {
    if (this.trySend(message)) return;
    this.cancel("internal_error");
    this.#tellStopped();
  }

  trySend(message: ControlMessage): boolean {
    if (this.#hasEnded) return true;
    const beginning = this.#beginning;
    const isSaid = beginning === undefined ? this.#begin(message) : this.#say(message, beginning);
    if (isSaid) this.#sentCount++;
    else this.#line.leftOut(message, subjectOf(beginning ?? message));
    return isSaid;
  }

  #begin(message: ControlMessage): boolean {
    const { own } = this.#line;
    const beginning = beginningOf(message, own.nextId);
    if (beginning === undefined || !this.#line.say(beginning)) return false;
    own.use();
    this.#beginning = beginning;
    this.#line.begun(this, beginning);
    return true;
  }

  #say(message: ControlMessage, beginning: Beginning): boolean {
    const { requestId } = beginning;
    switch (message.kind) {
      case "requestOk":
      case "requestError":
        return this.#answer(message, beginning);
      case "requestUpdate":
        return this.#updates.send(message, beginning);
      case "namespace":
      case "namespaceDone":
        return this.#announce(message, beginning);
      case "subscribeOk":
        return this.#isAnswered = this.#line.say({ ...message, requestId });
      case "fetchOk":
        return this.#isAnswered = this.#line.say({ ...message, requestId, ...orderOf(beginning) });
      case "publishDone":
        return this.#hasSaidLast = this.#line.say({ ...message, requestId });
      default:
        return false;
    }
  }

  /** Answers the request, or else the oldest update of it. */
  #answer(
    message: ControlMessageOf<"requestOk" | "requestError">,
    beginning: Beginning,
  ): boolean {
    if (this.#openedBy === "us" || this.#isAnswered) return this.#updates.answer(message);
    const { kind, requestId } = beginning;
    this.#isAnswered = this.#line.say({ ...message, requestId, to: kind });
    if (message.kind === "requestError") this.#hasSaidLast = this.#isAnswered;
    else if (beginning.kind === "publish") {
      const { forward, largestObject: largest } = beginning.parameters;
      const parameters = {
        filter: LARGEST,
        forward: message.parameters.forward ?? forward ?? true,
      };
      this.#updates.agreed({ parameters, largest });
      this.#updates.requestAnswered();
    }
    return this.#isAnswered;
  }

  /** Namespaces under a prefix come as requests of ours where they cannot come on the request's stream. */
  #announce(
    { kind, suffix }: ControlMessageOf<"namespace" | "namespaceDone">,
    beginning: Beginning,
  ): boolean {
    if (beginning.kind !== "subscribePrefix") return false;
    const key = namespaceKey(suffix);
    const withdraw = this.#announced.get(key);
    if (kind === "namespaceDone") {
      this.#announced.delete(key);
      withdraw?.();
    } else if (withdraw === undefined) {
      this.#announced.set(key, this.#line.announce([...beginning.prefix, ...suffix]));
    }
    return true;
  }

  finish(): void {
    this.#end(undefined);
  }

  cancel(code: StreamErrorName): void {
    this.#end(code);
  }

  #end(cancelled: StreamErrorName | undefined): void {
    if (this.#hasEnded) return cancelled === undefined ? undefined : this.#setOver(STOPPED_HERE);
    this.#hasEnded = true;
    const beginning = this.#beginning;
    if (beginning === undefined) {
      this.#line.own.giveBack();
      return this.#inbox.fail(STOPPED_HERE);
    }
    if (!this.#hasSaidLast && !this.#hasPeerSaidLast) this.#sayEnd(beginning, cancelled);
    if (cancelled !== undefined) return this.#setOver(STOPPED_HERE);
    const isAwaited = this.#openedBy === "us"
      ? !this.#isAnswered
      : kindsThatPeersEnd.has(beginning.kind) && !this.#hasSaidLast;
    if (this.#hasPeerSaidLast || !isAwaited) this.#setOver();
  }

  #sayEnd(beginning: Beginning, cancelled: StreamErrorName | undefined): void {
    const facts = { beginning, openedBy: this.#openedBy, isAnswered: this.#isAnswered };
    const end = endOf(facts, { cancelled, varint: this.#line.draft.varint });
    // What a draft has no word for needs none there.
    if (end !== undefined) this.#line.say(end);
  }

  /** Takes a message of the peer that names this request. */
  receive(message: Follow): void {
    const beginning = this.#beginning!;
    const facts = { beginning, openedBy: this.#openedBy, isAnswered: this.#isAnswered };
    if (this.#hasPeerSaidLast || !mayFollow(message, facts)) {
      throw violation(`${message.kind} does not belong to request ${beginning.requestId}`);
    }
    switch (message.kind) {
      case "requestUpdate":
        return this.#updates.receive(message);
      case "unsubscribe":
      case "fetchCancel":
      case "publishNamespaceCancel":
        return this.#brokenOff(new TransportError("reset", 0, "The peer cancelled the request"));
      case "publishNamespaceDone":
      case "unsubscribePrefix":
        return this.#peerSaidLast();
      case "publishDone":
        this.#inbox.push(message);
        return this.#peerSaidLast();
      default:
        return this.#hearAnswer(message, beginning);
    }
  }

  #hearAnswer(message: ControlMessage, beginning: Beginning): void {
    this.#isAnswered = true;
    if (message.kind === "subscribeOk" && beginning.kind === "subscribe") {
      const { parameters } = beginning;
      this.#updates.agreed({ parameters, largest: message.parameters.largestObject });
    }
    this.#inbox.push(message);
    this.#updates.requestAnswered();
    const isLast = message.kind === "requestError" || beginning.kind === "trackStatus";
    if (isLast) this.#peerSaidLast();
    else if (this.#hasEnded) this.#setOver();
  }

  #peerSaidLast(): void {
    this.#hasPeerSaidLast = true;
    this.#inbox.end();
    if (this.#hasEnded) this.#setOver();
  }

  /** The session has ended. */
  close(failure: TransportError): void {
    if (!this.#isOver) this.#brokenOff(failure);
  }

  #brokenOff(failure: TransportError): void {
    this.#hasEnded = this.#hasPeerSaidLast = true;
    this.#setOver(failure);
    this.#tellStopped();
  }

  #tellStopped(): void {
    this.#isStopped = true;
    for (const tell of this.#stoppedListeners.splice(0)) tell();
  }

  #setOver(failure?: TransportError): void {
    if (failure !== undefined) this.#inbox.fail(failure);
    else if (!this.#inbox.isOver) this.#inbox.end();
    if (this.#isOver) return;
    this.#isOver = true;
    for (const withdraw of this.#announced.values()) withdraw();
    this.#announced.clear();
    this.#updates.close();
    if (this.#beginning !== undefined) this.#line.over(this, this.#beginning);
  }
}

/** The requests of a peer that last until the peer says that they are over. */
const kindsThatPeersEnd: ReadonlySet<Beginning["kind"]> = new Set([
  "publishNamespace",
  "subscribePrefix",
]);

/** The order that a fetch was asked for in, which draft 14 repeats in the answer. */
function orderOf(beginning: Beginning): { readonly order?: GroupOrder } {
  const order = beginning.kind === "fetch" ? beginning.parameters.groupOrder : undefined;
  return order === undefined ? {} : { order };
}

/** What a PUBLISH that is agreed to without a filter begins with where drafts want one. */
const LARGEST = { type: "largest_object" } as const;

const STOPPED_HERE = new TransportError("reset", 0, "Cannot read: stopped on this side");
