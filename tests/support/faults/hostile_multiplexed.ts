import type { FullTrackName, MultiplexedDraft, MultiplexedMessage } from "@qumo/shared/wire";
import { readMessage } from "../../../relay/session/framing.ts";
import { Input } from "../../../relay/session/input.ts";
import { MAX_FRAME_BYTES } from "../../../relay/session/framing.ts";
import type { BidiStream, Connection } from "../../../relay/transport/mod.ts";
import type { Random } from "../random.ts";
import { type Aim, HostileBytes } from "./bytes.ts";
import { HostileData } from "./hostile_data.ts";
import { HOSTILE_ALIAS, type Move } from "./hostile_peer.ts";

/** A request of the relay. */
interface Asked {
  readonly id: bigint;
  readonly kind: MultiplexedMessage["kind"];
}

/**
 * A peer of a draft with one control stream that does what it likes, by a seed. It waits for nothing
 * and nothing it does fails.
 */
export class HostileMultiplexed implements Aim {
  readonly tracks: readonly FullTrackName[];
  readonly aliases: bigint[] = [HOSTILE_ALIAS, 2n, 3n];
  readonly fetches: bigint[] = [];
  readonly #connection: Connection;
  readonly #random: Random;
  readonly #draft: MultiplexedDraft;
  readonly #bytes: HostileBytes;
  readonly #data: HostileData;
  readonly #asked: Asked[] = [];
  readonly #control: Promise<BidiStream | undefined>;
  #nextId = 0n;
  /** The id that the next message is about, where it is not one of the peer's own requests. */
  #about: bigint | undefined;

  /** `tracks` are what its requests are about, its own first. */
  constructor(
    connection: Connection,
    random: Random,
    { draft, tracks }: {
      readonly draft: MultiplexedDraft;
      readonly tracks: readonly FullTrackName[];
    },
  ) {
    this.#connection = connection;
    this.#random = random;
    this.#draft = draft;
    this.#bytes = new HostileBytes(random, draft);
    this.#data = new HostileData(connection, random, this.#bytes);
    this.tracks = tracks;
    this.#control = connection.openBidi().catch(() => undefined);
    void this.#listen().catch(ignore);
  }

  requestId(): bigint {
    if (this.#about !== undefined) return this.#about;
    const id = this.#nextId;
    if (!this.#random.percent(1)) this.#nextId += 2n;
    return id;
  }

  earlierId(): bigint {
    return BigInt(2 * this.#random.below(Number(this.#nextId) / 2 + 1));
  }

  /** Says CLIENT_SETUP mostly as it should be, and asks for some things in order. */
  begin(): this {
    const random = this.#random;
    if (random.percent(8)) {
      if (random.percent(80)) this.#say(this.#bytes.message("clientSetup", this));
      return this;
    }
    const { version } = this.#draft;
    const versions = version === undefined ? [] : [version];
    this.#order({ kind: "clientSetup", versions, options: { maxRequestId: 200n } });
    const [track] = this.tracks as [FullTrackName];
    const { namespace } = track;
    if (random.percent(50)) {
      this.#order({
        kind: "publishNamespace",
        requestId: this.#ownId(),
        namespace,
        parameters: {},
      });
    }
    if (random.percent(60)) {
      const publish = {
        track,
        alias: HOSTILE_ALIAS,
        parameters: {},
        properties: new Uint8Array(0),
      };
      this.#order({ kind: "publish", requestId: this.#ownId(), ...publish });
    }
    for (const wanted of this.tracks) {
      if (!random.percent(50)) continue;
      const subscribe = { requestId: this.#ownId(), track: wanted, parameters: {} };
      this.#order({ kind: "subscribe", ...subscribe });
    }
    return this;
  }

  /** Sends one hostile thing of this kind. */
  move(move: Move): void {
    switch (move) {
      case "control":
        return this.#onControl();
      case "request":
        return this.#say(this.#bytes.maybeMutate(3, this.#message(REQUESTS)));
      case "answer":
        return this.#answer();
      case "subgroup":
      case "fetch_stream":
      case "datagram":
        return this.#data.move(move, this, (bytes) => this.#onNewUni(bytes));
      case "other_stream":
        return this.#otherStream();
    }
  }

  /** Leaves, with whatever code, or is cut off by `sever`. */
  leave(sever: () => void): void {
    this.#data.leave(sever);
  }

  #ownId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }

  #message(kinds: readonly string[]): Uint8Array {
    const known = kinds.filter((kind) => this.#bytes.kinds.includes(kind));
    return this.#bytes.message(this.#random.pick(known), this);
  }

  /** Whatever else is said on the control stream: of earlier requests, of the session, or nothing known. */
  #onControl(): void {
    const random = this.#random;
    const roll = random.below(40);
    if (roll === 0) return void this.#control.then((stream) => stream?.send.reset(1));
    if (roll === 1) return void this.#control.then((stream) => stream?.send.finish().catch(ignore));
    if (roll < 4) return this.#say(random.bytes(30));
    if (roll < 6) return this.#say(this.#bytes.anyMessage(this));
    this.#about = random.percent(85) ? this.earlierId() : BigInt(random.below(20));
    this.#say(this.#bytes.maybeMutate(3, this.#message(SAID_LATER)));
    this.#about = undefined;
  }

  /** Answers something that the relay asked for, or says more to what it answered before. */
  #answer(): void {
    const random = this.#random;
    if (this.#asked.length === 0) return this.move("request");
    const { id, kind } = random.pick(this.#asked);
    this.#about = id;
    const kinds = random.percent(85) ? ANSWERS[kind] ?? FOLLOWING : FOLLOWING;
    this.#say(this.#bytes.maybeMutate(3, this.#message(kinds)));
    this.#about = undefined;
  }

  #otherStream(): void {
    const random = this.#random;
    if (random.percent(60)) {
      const bytes = this.#bytes.maybeMutate(20, this.#message(["subscribeNamespace"]));
      return void this.#connection.openBidi().then(({ send }) => {
        void send.write(random.percent(80) ? bytes : random.bytes(40)).catch(ignore);
        if (random.percent(30)) void send.finish().catch(ignore);
        if (random.percent(10)) send.reset(1);
      }, ignore);
    }
    this.#onNewUni(random.percent(50) ? random.bytes(60) : this.#bytes.anyMessage(this));
  }

  #order(message: MultiplexedMessage): void {
    this.#say(this.#draft.control.encode(message));
  }

  /** Writes to the control stream, in pieces of any size. */
  #say(bytes: Uint8Array): void {
    const cut = this.#random.percent(60) ? bytes.length : this.#random.below(bytes.length + 1);
    void this.#control.then((stream) => {
      for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) {
        if (part.length > 0) void stream?.send.write(part).catch(ignore);
      }
    });
  }

  #onNewUni(bytes: Uint8Array): void {
    const roll = this.#random.below(10);
    this.#connection.openUni().then((stream) => {
      void stream.write(bytes).catch(ignore);
      if (roll < 5) void stream.finish().catch(ignore);
      else if (roll < 7) stream.reset(roll);
    }, ignore);
  }

  /** Notes what the relay asks, so that it can be answered. */
  async #listen(): Promise<void> {
    const stream = await this.#control;
    if (stream === undefined) return;
    const { streamCodes: codes } = this.#draft;
    const input = new Input(stream.receive, MAX_FRAME_BYTES, { codes });
    for (;;) {
      const message = await readMessage(input, this.#draft);
      if (message === undefined) return;
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

function ignore(): void {}
