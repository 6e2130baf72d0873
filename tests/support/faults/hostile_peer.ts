import {
  ByteReader,
  type ControlKind,
  type ControlMessage,
  type FullTrackName,
  type StreamDraft,
} from "@qumo/shared/wire";
import type { BidiStream, Connection, SendStream } from "../../../relay/transport/mod.ts";
import { type Aim, HostileBytes } from "./bytes.ts";
import { HostileData } from "./hostile_data.ts";
import type { Random } from "../random.ts";

/** What a hostile peer does at a time. */
export type Move =
  | "control"
  | "request"
  | "answer"
  | "subgroup"
  | "fetch_stream"
  | "other_stream"
  | "datagram";

/** The alias under which a hostile peer publishes what it published in order. */
export const HOSTILE_ALIAS = 1n;

/** How a hostile peer speaks, and about what. */
export interface HostilePeerOptions {
  readonly draft: StreamDraft;
  /** What its requests are about, its own first. */
  readonly tracks: readonly FullTrackName[];
}

/** A peer that does what it likes, by a seed. It waits for nothing and nothing it does fails. */
export class HostilePeer implements Aim {
  readonly tracks: readonly FullTrackName[];
  readonly aliases: bigint[] = [HOSTILE_ALIAS, 2n, 3n];
  readonly fetches: bigint[] = [];
  readonly #connection: Connection;
  readonly #random: Random;
  readonly draft: StreamDraft;
  readonly #bytes: HostileBytes;
  readonly #data: HostileData;
  readonly #asked: { readonly stream: BidiStream; readonly kind: ControlKind }[] = [];
  readonly #answered: { readonly stream: BidiStream; readonly kind: ControlKind }[] = [];
  #control: SendStream | undefined;
  #nextId = 0n;

  constructor(connection: Connection, random: Random, { draft, tracks }: HostilePeerOptions) {
    this.#connection = connection;
    this.#random = random;
    this.draft = draft;
    this.#bytes = new HostileBytes(random, draft);
    this.#data = new HostileData(connection, random, this.#bytes);
    this.tracks = tracks;
    void this.#collectRequests().catch(() => {});
  }

  /** The id of the next request, rarely one that was used. */
  requestId(): bigint {
    const id = this.#nextId;
    if (!this.#random.percent(1)) this.#nextId += 2n;
    return id;
  }

  earlierId(): bigint {
    return BigInt(2 * this.#random.below(6));
  }

  /** Says SETUP as it should be. */
  setup(): void {
    const options = {};
    const bytes = this.draft.control.encode({ kind: "setup", options });
    this.#onNewUni(bytes, (stream) => this.#control = stream);
  }

  /** Says SETUP as it should not be, or says nothing at all. */
  badSetup(): void {
    if (this.#random.percent(20)) return;
    const setup = this.#bytes.message("setup", this);
    this.#onNewUni(
      this.#bytes.maybeMutate(80, setup),
      (stream) => this.#control = stream,
    );
  }

  /** Opens a request in order; what comes back is left unread. */
  order(make: (requestId: bigint) => ControlMessage): void {
    const id = this.#nextId;
    this.#nextId += 2n;
    this.#onNewBidi([this.draft.control.encode(make(id))], "nothing");
  }

  /** Sends one hostile thing of this kind. */
  move(move: Move): void {
    switch (move) {
      case "control":
        return this.#onControl();
      case "request":
        return this.#request();
      case "answer":
        return this.#answer();
      case "subgroup":
      case "fetch_stream":
      case "datagram":
        return this.#data.move(move, this, (bytes) => this.#onNewUni(bytes));
      case "other_stream":
        return this.#onNewUni(this.#otherStream());
    }
  }

  /** Leaves, with whatever code, or is cut off by `sever`. */
  leave(sever: () => void): void {
    this.#data.leave(sever);
  }

  #otherStream(): Uint8Array {
    const random = this.#random;
    switch (random.below(4)) {
      case 0:
        return random.bytes(60);
      case 1:
        return this.#bytes.anyMessage(this);
      case 2:
        return this.#bytes.maybeMutate(50, this.#bytes.message("setup", this));
      default:
        return this.#bytes.padding();
    }
  }

  #onControl(): void {
    const random = this.#random;
    const control = this.#control;
    if (control === undefined) return this.#onNewUni(this.#otherStream());
    const roll = random.below(20);
    if (roll === 0) return control.reset(random.below(8));
    if (roll === 1) return void control.finish().catch(ignore);
    const bytes = random.percent(50)
      ? this.#bytes.maybeMutate(40, this.#bytes.message("goaway", this))
      : random.percent(50)
      ? this.#bytes.anyMessage(this)
      : random.bytes(30);
    void control.write(bytes).catch(ignore);
  }

  #request(): void {
    const random = this.#random;
    const parts: Uint8Array[] = [];
    if (random.percent(8)) parts.push(random.bytes(40));
    else parts.push(this.#bytes.maybeMutate(15, this.#bytes.message(random.pick(REQUESTS), this)));
    while (random.percent(40)) parts.push(this.#followUp());
    this.#onNewBidi(parts, random.pick(["nothing", "nothing", "fin", "reset", "stop", "both"]));
  }

  #followUp(): Uint8Array {
    const random = this.#random;
    if (random.percent(70)) {
      return this.#bytes.maybeMutate(15, this.#bytes.message("requestUpdate", this));
    }
    return random.percent(60) ? this.#bytes.anyMessage(this) : random.bytes(20);
  }

  /** Answers something that the relay asked for, or says more to what it answered before. */
  #answer(): void {
    const random = this.#random;
    const again = this.#answered.length > 0 && (this.#asked.length === 0 || random.percent(40));
    const list = again ? this.#answered : this.#asked;
    if (list.length === 0) return this.#request();
    const [asked] = list.splice(random.below(list.length), 1);
    const { stream, kind } = asked!;
    const kinds = again ? FOLLOWING : ANSWERS[kind] ?? FOLLOWING;
    const answer = random.percent(85)
      ? this.#bytes.message(random.pick(kinds), this)
      : this.#bytes.anyMessage(this);
    this.#write(stream.send, this.#bytes.maybeMutate(10, answer));
    this.#answered.push(asked!);
    const end = random.below(12);
    if (end === 0) void stream.send.finish().catch(ignore);
    if (end === 1) stream.send.reset(random.below(8));
    if (end === 2) stream.receive.stop(random.below(8));
  }

  #onNewUni(bytes: Uint8Array, use?: (stream: SendStream) => void): void {
    const random = this.#random;
    // A stream that is to be used again stays open.
    const end = use === undefined ? random.below(10) : 9;
    this.#connection.openUni().then((stream) => {
      use?.(stream);
      this.#write(stream, bytes);
      if (end < 5) void stream.finish().catch(ignore);
      else if (end < 7) stream.reset(end);
    }, ignore);
  }

  #onNewBidi(parts: readonly Uint8Array[], end: string): void {
    this.#connection.openBidi().then(({ send, receive }) => {
      for (const bytes of parts) this.#write(send, bytes);
      if (end === "fin") void send.finish().catch(ignore);
      if (end === "reset" || end === "both") send.reset(1);
      if (end === "stop" || end === "both") receive.stop(1);
    }, ignore);
  }

  /** Writes in pieces of any size. */
  #write(stream: SendStream, bytes: Uint8Array): void {
    const random = this.#random;
    if (random.percent(60)) return void stream.write(bytes).catch(ignore);
    for (let at = 0; at < bytes.length;) {
      const next = at + 1 + random.below(bytes.length);
      void stream.write(bytes.slice(at, next)).catch(ignore);
      at = next;
    }
  }

  /** Notes what the relay asks, so that it can be answered. */
  async #collectRequests(): Promise<void> {
    for (;;) {
      const stream = await this.#connection.acceptBidi();
      if (stream === undefined) return;
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

function ignore(): void {}
