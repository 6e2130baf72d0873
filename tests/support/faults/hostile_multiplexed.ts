import type { MultiplexedDraft, MultiplexedMessage } from "@qumo/shared/wire";
import { ControlStreamPeer } from "../peers/control_stream_peer.ts";
import { HostileMoqt, ignore, type Move } from "./hostile_connection.ts";

/** A request of the relay. */
interface Asked {
  readonly id: bigint;
  readonly kind: MultiplexedMessage["kind"];
}

/** A hostile peer of a draft with one control stream. */
export class HostileMultiplexed extends HostileMoqt<MultiplexedDraft> {
  readonly #asked: Asked[] = [];
  readonly #control = ControlStreamPeer.open(this.connection, this.draft).catch(() => undefined);
  /** The id that the next message is about, where it is not one of the peer's own requests. */
  #about: bigint | undefined;

  override requestId(): bigint {
    return this.#about ?? super.requestId();
  }

  override begin(): this {
    const { random } = this;
    void this.#listen().catch(ignore);
    if (random.percent(8)) {
      if (random.percent(80)) this.#say(this.bytes.message("clientSetup", this));
      return this;
    }
    void this.#control.then((peer) => peer?.begin({ maxRequestId: 200n }));
    for (const order of this.orders()) this.#say(this.draft.control.encode(order));
    return this;
  }

  override move(move: Move): void {
    switch (move) {
      case "control":
        return this.#onControl();
      case "request":
        return this.#say(this.bytes.maybeMutate(3, this.#message(REQUESTS)));
      case "answer":
        return this.#answer();
      case "other_stream":
        return this.#otherStream();
      default:
        return this.moveData(move);
    }
  }

  #message(kinds: readonly string[]): Uint8Array {
    const known = kinds.filter((kind) => this.bytes.kinds.includes(kind));
    return this.bytes.message(this.random.pick(known), this);
  }

  /** Whatever else is said on the control stream: of earlier requests, of the session, or nothing known. */
  #onControl(): void {
    const { random } = this;
    const roll = random.below(40);
    if (roll === 0) return void this.#control.then((peer) => peer?.stream.send.reset(1));
    if (roll === 1) {
      return void this.#control.then((peer) => peer?.stream.send.finish()).catch(ignore);
    }
    if (roll < 4) return this.#say(random.bytes(30));
    if (roll < 6) return this.#say(this.bytes.anyMessage(this));
    this.#sayAbout(random.percent(85) ? this.earlierId() : BigInt(random.below(20)), SAID_LATER);
  }

  /** Answers something that the relay asked for, or says more to what it answered before. */
  #answer(): void {
    if (this.#asked.length === 0) return this.move("request");
    const { id, kind } = this.random.pick(this.#asked);
    this.#sayAbout(id, this.random.percent(85) ? ANSWERS[kind] ?? FOLLOWING : FOLLOWING);
  }

  #sayAbout(id: bigint, kinds: readonly string[]): void {
    this.#about = id;
    this.#say(this.bytes.maybeMutate(3, this.#message(kinds)));
    this.#about = undefined;
  }

  #otherStream(): void {
    const { random, bytes } = this;
    if (random.percent(60)) {
      const message = bytes.maybeMutate(20, this.#message(["subscribeNamespace"]));
      return this.onNewBidi([random.percent(80) ? message : random.bytes(40)]);
    }
    this.onNewUni(random.percent(50) ? random.bytes(60) : bytes.anyMessage(this));
  }

  #say(bytes: Uint8Array): void {
    void this.#control.then((peer) => peer && this.write(peer.stream.send, bytes));
  }

  /** Notes what the relay asks, so that it can be answered. */
  async #listen(): Promise<void> {
    const peer = await this.#control;
    for (let message; (message = await peer?.next()) !== undefined;) {
      if (message.kind === "fetch") this.fetches.push(message.requestId);
      if (message.kind in ANSWERS && "requestId" in message && message.requestId !== undefined) {
        this.#asked.push({ id: message.requestId, kind: message.kind });
      }
    }
  }
}

const REQUESTS = [
  "subscribe",
  "publish",
  "fetch",
  "trackStatus",
  "publishNamespace",
  "subscribeNamespace",
];

const SAID_LATER = [
  "goaway",
  "maxRequestId",
  "requestsBlocked",
  "requestUpdate",
  "subscribeUpdate",
  "unsubscribe",
  "unsubscribe",
  "fetchCancel",
  "publishDone",
  "publishNamespaceDone",
  "publishNamespaceCancel",
  "unsubscribeNamespace",
];

const ANSWERS: Partial<Record<MultiplexedMessage["kind"], readonly string[]>> = {
  subscribe: ["subscribeOk", "subscribeOk", "subscribeOk", "requestError", "subscribeError"],
  publish: ["publishOk", "publishOk", "requestError", "publishError"],
  fetch: ["fetchOk", "fetchOk", "requestError", "fetchError"],
  trackStatus: ["requestOk", "trackStatusOk", "requestError", "trackStatusError"],
  publishNamespace: ["requestOk", "publishNamespaceOk", "requestError", "publishNamespaceError"],
};

const FOLLOWING = [
  "publishDone",
  "requestOk",
  "requestError",
  "publishNamespaceCancel",
  "subscribeOk",
];
