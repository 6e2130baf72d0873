import {
  type ControlMessageOf,
  type MultiplexedDraft,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
  NO_PROPERTIES,
} from "@qumo/shared/wire";
import type { Inbox } from "./inbox.ts";
import type { Beginning } from "./multiplexed_words.ts";
import type { OwnCredit } from "./own_credit.ts";
import { type AgreedSubscription, wholeUpdate } from "./whole_update.ts";

type Update = ControlMessageOf<"requestUpdate">;

/** What the updates of a request use of the stream that it shares with others. */
export interface UpdateLine {
  readonly draft: MultiplexedDraft;
  readonly own: OwnCredit;
  /** Sends a message; false if the draft cannot say it. */
  say(message: MultiplexedMessage): boolean;
  /** Registers the tokens of an update of the peer. */
  registerTokens(message: Update): void;
  /** An update of ours was sent with this id, which its answer will name. */
  updated(id: bigint, answered: Answered): void;
  /** The answers to these updates are of no use any more. */
  dropped(ids: Iterable<bigint>): void;
  /** An update of the peer was answered. */
  answeredUpdate(): void;
}

/** Takes the answer to an update. */
export type Answered = (message: ControlMessageOf<"requestOk" | "requestError">) => void;

/** The updates of one request where each has an id of its own, which its answer names. */
export class MultiplexedUpdates {
  readonly #line: UpdateLine;
  readonly #inbox: Inbox;
  // Updates of the peer that were not answered.
  readonly #unanswered: bigint[] = [];
  // Updates of ours that were not answered.
  readonly #sent = new Set<bigint>();
  // An update that waits until the peer allows one more request.
  #held: Update | undefined;
  #isWaiting = false;
  #isOver = false;
  // What our updates have changed, and the answer to our request, where an update repeats everything.
  #changed: Update["parameters"] = {};
  #agreed: AgreedSubscription | undefined;
  #isRequestAnswered = false;
  // Updates that count as agreed when the request itself is answered.
  #unheardCount = 0;

  constructor(line: UpdateLine, inbox: Inbox) {
    this.#line = line;
    this.#inbox = inbox;
  }

  /** Notes what a subscription of ours began with: by SUBSCRIBE, or by the peer's PUBLISH. */
  agreed(subscription: AgreedSubscription): void {
    this.#agreed = subscription;
  }

  /** The request itself was answered. */
  requestAnswered(): void {
    this.#isRequestAnswered = true;
    for (; this.#unheardCount > 0; this.#unheardCount--) this.#inbox.push(AGREED);
  }

  /** Takes an update of the peer. */
  receive(message: MultiplexedMessageOf<"requestUpdate">): void {
    this.#line.registerTokens(message);
    if (this.#line.draft.requests.answersUpdates) this.#unanswered.push(message.requestId);
    else this.#line.answeredUpdate();
    this.#inbox.push(message);
  }

  /** Answers the oldest update of the peer, where updates are answered. */
  answer(message: ControlMessageOf<"requestOk" | "requestError">): boolean {
    const requestId = this.#unanswered.shift();
    if (requestId === undefined) return true;
    this.#line.answeredUpdate();
    return this.#line.say({ ...message, requestId, to: "requestUpdate" });
  }

  /** Sends an update, or has it sent when the peer allows one more request. */
  send(message: Update, beginning: Beginning): boolean {
    if (this.#isWaiting || !this.#line.own.tryTake()) return this.#hold(message, beginning);
    return this.#send(message, beginning);
  }

  /** The request is over: those of the peer are not answered any more. */
  close(): void {
    this.#isOver = true;
    for (const _ of this.#unanswered.splice(0)) this.#line.answeredUpdate();
    this.#line.dropped(this.#sent);
  }

  #hold(message: Update, beginning: Beginning): boolean {
    const parameters = { ...this.#held?.parameters, ...message.parameters };
    this.#held = { ...message, parameters };
    if (this.#isWaiting) return true;
    this.#isWaiting = true;
    this.#line.own.take().then(() => {
      const held = this.#held!;
      this.#isWaiting = false;
      this.#held = undefined;
      if (this.#isOver) this.#line.own.giveBack();
      else this.#send(held, beginning);
    }, () => {});
    return true;
  }

  #send({ parameters }: Update, beginning: Beginning): boolean {
    const { own, draft: { requests: { answersUpdates } } } = this.#line;
    const requestId = own.nextId;
    const changed = { ...this.#changed, ...parameters };
    const isSaid = this.#line.say({
      kind: "requestUpdate",
      requestId,
      existing: beginning.requestId,
      parameters: answersUpdates ? parameters : this.#whole(changed),
    });
    if (!isSaid) {
      own.giveBack();
      return false;
    }
    own.use();
    this.#changed = changed;
    if (answersUpdates) this.#awaitAnswer(requestId);
    // Nobody answers, since an update cannot fail there.
    else if (this.#isRequestAnswered) this.#inbox.push(AGREED);
    else this.#unheardCount++;
    return true;
  }

  #awaitAnswer(requestId: bigint): void {
    this.#sent.add(requestId);
    this.#line.updated(requestId, (message) => {
      this.#sent.delete(requestId);
      this.#inbox.push(message);
    });
  }

  #whole(changed: Update["parameters"]): Update["parameters"] {
    return this.#agreed === undefined ? changed : wholeUpdate(this.#agreed, changed);
  }
}

const AGREED = { kind: "requestOk", parameters: {}, properties: NO_PROPERTIES } as const;
