import { ByteReader, type ControlKind, type StreamDraft } from "@qumo/shared/wire";
import type { BidiStream, SendStream } from "../../../relay/transport/mod.ts";
import { HostileMoqt, ignore, type Move } from "./hostile_connection.ts";

/** A stream that the relay asked something on. */
interface Asked {
  readonly stream: BidiStream;
  readonly kind: ControlKind;
}

/** A hostile peer of a draft with a stream for each request. */
export class HostilePeer extends HostileMoqt<StreamDraft> {
  readonly #asked: Asked[] = [];
  readonly #answered: Asked[] = [];
  #control: SendStream | undefined;

  override begin(): this {
    const { random, draft } = this;
    void this.#collectRequests().catch(ignore);
    if (random.percent(8)) {
      const setup = this.bytes.maybeMutate(80, this.bytes.message("setup", this));
      if (random.percent(80)) this.#openControl(setup);
      return this;
    }
    this.#openControl(draft.control.encode({ kind: "setup", options: {} }));
    for (const order of this.orders()) this.onNewBidi([draft.control.encode(order)], "open");
    return this;
  }

  override move(move: Move): void {
    switch (move) {
      case "control":
        return this.#onControl();
      case "request":
        return this.#request();
      case "answer":
        return this.#answer();
      case "other_stream":
        return this.onNewUni(this.#otherStream());
      default:
        return this.moveData(move);
    }
  }

  /** A stream that is to be used again stays open. */
  #openControl(setup: Uint8Array): void {
    this.onNewUni(setup, "open", (stream) => this.#control = stream);
  }

  #otherStream(): Uint8Array {
    const { random, bytes } = this;
    switch (random.below(4)) {
      case 0:
        return random.bytes(60);
      case 1:
        return bytes.anyMessage(this);
      case 2:
        return bytes.maybeMutate(50, bytes.message("setup", this));
      default:
        return bytes.padding();
    }
  }

  #onControl(): void {
    const { random, bytes } = this;
    const control = this.#control;
    if (control === undefined) return this.onNewUni(this.#otherStream());
    const roll = random.below(20);
    if (roll === 0) return control.reset(random.below(8));
    if (roll === 1) return void control.finish().catch(ignore);
    const said = random.percent(50)
      ? bytes.maybeMutate(40, bytes.message("goaway", this))
      : random.percent(50)
      ? bytes.anyMessage(this)
      : random.bytes(30);
    void control.write(said).catch(ignore);
  }

  #request(): void {
    const { random, bytes } = this;
    const parts = [
      random.percent(8)
        ? random.bytes(40)
        : bytes.maybeMutate(15, bytes.message(random.pick(REQUESTS), this)),
    ];
    while (random.percent(40)) parts.push(this.#followUp());
    this.onNewBidi(parts);
  }

  #followUp(): Uint8Array {
    const { random, bytes } = this;
    if (random.percent(70)) return bytes.maybeMutate(15, bytes.message("requestUpdate", this));
    return random.percent(60) ? bytes.anyMessage(this) : random.bytes(20);
  }

  /** Answers something that the relay asked for, or says more to what it answered before. */
  #answer(): void {
    const { random, bytes } = this;
    const again = this.#answered.length > 0 && (this.#asked.length === 0 || random.percent(40));
    const list = again ? this.#answered : this.#asked;
    if (list.length === 0) return this.#request();
    const [asked] = list.splice(random.below(list.length), 1) as [Asked];
    const kinds = again ? FOLLOWING : ANSWERS[asked.kind] ?? FOLLOWING;
    const answer = random.percent(85)
      ? bytes.message(random.pick(kinds), this)
      : bytes.anyMessage(this);
    this.write(asked.stream.send, bytes.maybeMutate(10, answer));
    this.#answered.push(asked);
    this.endSome(asked.stream);
  }

  /** Notes what the relay asks, so that it can be answered. */
  async #collectRequests(): Promise<void> {
    for (let stream; (stream = await this.connection.acceptBidi()) !== undefined;) {
      void this.#noteRequest(stream).catch(ignore);
    }
  }

  async #noteRequest(stream: BidiStream): Promise<void> {
    const bytes = await stream.receive.read(new Uint8Array(8_192));
    if (bytes === undefined) return;
    const reader = new ByteReader(bytes, this.draft.varint);
    const message = this.draft.control.decode(reader.varint(), reader.bytes(reader.u16()));
    if (message.kind === "fetch") this.fetches.push(message.requestId);
    this.#asked.push({ stream, kind: message.kind });
  }
}

const REQUESTS = [
  "subscribe",
  "publish",
  "fetch",
  "trackStatus",
  "publishNamespace",
  "subscribeNamespace",
  "subscribeTracks",
] as const;

const ANSWERS: Partial<Record<ControlKind, readonly ControlKind[]>> = {
  subscribe: ["subscribeOk", "subscribeOk", "subscribeOk", "requestError"],
  publish: ["requestOk", "requestOk", "requestError"],
  fetch: ["fetchOk", "fetchOk", "requestError"],
  trackStatus: ["requestOk", "requestError"],
  subscribeNamespace: ["requestOk", "requestOk", "requestError"],
};

const FOLLOWING: readonly ControlKind[] = [
  "publishDone",
  "requestUpdate",
  "requestOk",
  "requestError",
  "namespace",
  "namespaceDone",
  "goaway",
];
