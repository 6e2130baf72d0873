import { ByteReader, type Draft, type FullTrackName } from "@qumo/shared/wire";
import type { BidiStream, Connection, SendStream } from "../../../relay/transport/mod.ts";
import { ControlStreamPeer } from "../peers/control_stream_peer.ts";
import { type AnyMessage, controlOf } from "../layouts.ts";
import type { Random } from "../random.ts";
import { type Aim, HostileBytes } from "./bytes.ts";
import { HostileConnection, ignore, type Move } from "./hostile_connection.ts";

/** A request of the relay. */
interface Asked {
  readonly kind: string;
  readonly id: bigint;
  /** Undefined for one on the control stream, which is named by its id. */
  readonly stream: BidiStream | undefined;
  isAnswered?: true;
}

/** The alias under which a hostile peer publishes what it published in order. */
const HOSTILE_ALIAS = 1n;

/** A hostile peer of MoQT, which asks on streams of their own, or in older drafts on the control stream. */
export class HostileMoqt extends HostileConnection implements Aim {
  readonly draft: Draft;
  readonly tracks: readonly FullTrackName[];
  readonly aliases: readonly bigint[] = [HOSTILE_ALIAS, 2n, 3n];
  readonly fetches: bigint[] = [];
  readonly #bytes: HostileBytes;
  readonly #asked: Asked[] = [];
  /** What is wrong on a stream that requests share ends all of them: so many of a hundred messages are. */
  readonly #oddities: number;
  #control: Promise<SendStream | undefined> = Promise.resolve(undefined);
  #nextId = 0n;
  /** The id that the next message is about, where it is not one of the peer's own requests. */
  #about: bigint | undefined;

  /** `tracks` are what its requests are about, its own first. */
  constructor(
    connection: Connection,
    random: Random,
    draft: Draft,
    tracks: readonly FullTrackName[],
  ) {
    super(connection, random);
    this.draft = draft;
    this.tracks = tracks;
    this.#bytes = new HostileBytes(random, draft, this);
    this.#oddities = draft.family === "A" ? 3 : 12;
  }

  /** The id of the next request, rarely one that was used. */
  requestId(): bigint {
    return this.#about ?? (this.random.percent(1) ? this.#nextId : this.#ownId());
  }

  earlierId(): bigint {
    return BigInt(2 * this.random.below(Number(this.#nextId) / 2 + 1));
  }

  /** The id of the next request. */
  #ownId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }

  override begin(): this {
    const { draft, random } = this;
    void this.#meetRequests().catch(ignore);
    const isInOrder = random.percent(92);
    const setup = isInOrder ? controlOf(draft).encode(plainSetup(draft)) : this.#madeUpSetup(80);
    if (isInOrder || random.percent(80)) this.#openControl(setup);
    if (!isInOrder) return this;
    for (const order of this.#orders()) this.#ask([controlOf(draft).encode(order)], "open");
    return this;
  }

  override move(move: Move): void {
    const bytes = this.#bytes;
    const moves: { readonly [M in Move]: () => unknown } = {
      control: () => this.#onControl(),
      request: () => this.#request(),
      answer: () => this.#answer(),
      subgroup: () => this.onNewUni(this.maybeMutate(25, bytes.subgroup())),
      fetch_stream: () => this.onNewUni(this.maybeMutate(25, bytes.fetchStream())),
      other_stream: () => this.#otherStream(),
      datagram: () => this.connection.sendDatagram(this.maybeMutate(35, bytes.datagram())),
    };
    moves[move]();
  }

  /** A stream that is to be used again stays open. */
  #openControl(setup: Uint8Array): void {
    const { draft, connection } = this;
    if (draft.family === "B") {
      return void (this.#control = this.onNewUni(setup, "open").catch(() => undefined));
    }
    const opening = ControlStreamPeer.open(connection, draft);
    this.#control = opening.then(({ stream }) => stream.send, () => undefined);
    this.#say(setup);
    void opening.then((peer) => this.#listen(peer)).catch(ignore);
  }

  #madeUpSetup(share: number): Uint8Array {
    const kind = this.draft.family === "A" ? "clientSetup" : "setup";
    return this.maybeMutate(share, this.#bytes.message(kind));
  }

  /** What it asks in order: its own track is published, and some are subscribed to. */
  *#orders() {
    const { random, tracks } = this;
    const [track] = tracks as [FullTrackName];
    const parameters = {};
    if (random.percent(50)) {
      const { namespace } = track;
      yield { kind: "publishNamespace", requestId: this.#ownId(), namespace, parameters } as const;
    }
    if (random.percent(60)) {
      const properties = random.percent(70) ? new Uint8Array(0) : this.#bytes.trackProperties();
      const publish = { track, alias: HOSTILE_ALIAS, parameters, properties };
      yield { kind: "publish", requestId: this.#ownId(), ...publish } as const;
    }
    for (const wanted of tracks) {
      if (!random.percent(50)) continue;
      yield { kind: "subscribe", requestId: this.#ownId(), track: wanted, parameters } as const;
    }
  }

  /** One of these messages that the draft has. */
  #message(kinds: readonly string[], about?: bigint): Uint8Array {
    this.#about = about;
    const known = kinds.filter((kind) => this.#bytes.kinds.includes(kind));
    const message = this.#bytes.message(this.random.pick(known));
    this.#about = undefined;
    return message;
  }

  #anything(): Uint8Array {
    const { random } = this;
    return random.percent(50) ? this.#message(this.#bytes.kinds) : random.bytes(30);
  }

  /** Says something on the control stream. */
  #say(bytes: Uint8Array): void {
    void this.#control.then((control) => control && this.write(control, bytes));
  }

  /** Whatever else is said there: of earlier requests, of the session, or nothing known. */
  #onControl(): void {
    const { random } = this;
    const roll = random.below(40);
    if (roll === 0) return void this.#control.then((control) => control?.reset(random.below(8)));
    if (roll === 1) return void this.#control.then((control) => control?.finish()).catch(ignore);
    if (random.percent(3 * this.#oddities)) return this.#say(this.#anything());
    const about = random.percent(85) ? this.earlierId() : BigInt(random.below(20));
    const later = this.draft.family === "A" ? SAID_LATER : ["goaway"];
    this.#say(this.maybeMutate(3 * this.#oddities, this.#message(later, about)));
  }

  /** Asks something, and says more to it, on the stream that it belongs on. */
  #ask(parts: readonly Uint8Array[], fate?: "open"): void {
    if (this.draft.family === "A") { for (const part of parts) this.#say(part); }
    else this.onNewBidi(parts, fate);
  }

  #request(): void {
    const { random } = this;
    const share = this.#oddities;
    const parts = [
      random.percent(share) ? this.#anything() : this.maybeMutate(share, this.#message(REQUESTS)),
    ];
    while (this.draft.family === "B" && random.percent(40)) {
      parts.push(
        random.percent(70)
          ? this.maybeMutate(share, this.#message(["requestUpdate"]))
          : this.#anything(),
      );
    }
    this.#ask(parts);
  }

  /** Answers something that the relay asked for, or says more to what it answered before. */
  #answer(): void {
    const { random } = this;
    const waiting = this.#asked.filter(({ isAnswered }) => !isAnswered);
    const asked = random.percent(60) && waiting.length > 0 ? waiting : this.#asked;
    if (asked.length === 0) return this.#request();
    const one = random.pick(asked);
    const { kind, id, stream } = one;
    const following = stream === undefined ? FOLLOWING : FOLLOWING_ON_STREAM;
    const kinds = one.isAnswered && random.percent(60) ? following : ANSWERS[kind] ?? following;
    one.isAnswered = true;
    const share = this.#oddities;
    const answer = this.#message(kinds, stream === undefined ? id : undefined);
    const said = random.percent(share) ? this.#anything() : this.maybeMutate(share, answer);
    if (stream === undefined) return this.#say(said);
    this.write(stream.send, said);
    this.endSome(stream);
  }

  #otherStream(): void {
    const { random } = this;
    if (this.draft.family === "A" && random.percent(60)) {
      const message = this.maybeMutate(20, this.#message(["subscribeNamespace"]));
      return this.onNewBidi([random.percent(80) ? message : random.bytes(40)]);
    }
    const setup = this.#madeUpSetup(50);
    void this.onNewUni(random.pick([this.#anything(), setup, this.#bytes.padding()]));
  }

  /** Notes what the relay asks, so that it can be answered. */
  #note(message: AnyMessage, stream?: BidiStream): void {
    if (!("requestId" in message) || message.requestId === undefined) return;
    const { kind, requestId: id } = message;
    if (kind === "fetch") this.fetches.push(id);
    this.#asked.push({ kind, id, stream });
  }

  async #listen(peer: ControlStreamPeer): Promise<void> {
    for (let message; (message = await peer.next()) !== undefined;) {
      if (message.kind in ANSWERS) this.#note(message);
    }
  }

  async #meetRequests(): Promise<void> {
    for (let stream; (stream = await this.connection.acceptBidi()) !== undefined;) {
      void this.#meet(stream).catch(ignore);
    }
  }

  async #meet(stream: BidiStream): Promise<void> {
    const bytes = await stream.receive.read(new Uint8Array(8_192));
    if (bytes === undefined) return;
    const reader = new ByteReader(bytes, this.draft.varint);
    this.#note(controlOf(this.draft).decode(reader.varint(), reader.bytes(reader.u16())), stream);
  }
}

function plainSetup(draft: Draft) {
  if (draft.family === "B") return { kind: "setup", options: {} } as const;
  const versions = draft.version === undefined ? [] : [draft.version];
  return { kind: "clientSetup", versions, options: { maxRequestId: 200n } } as const;
}

/** What is said in each situation, by the names of all drafts: of these it says what its own has. */
const REQUESTS = [
  "subscribe",
  "publish",
  "fetch",
  "trackStatus",
  "publishNamespace",
  "subscribeNamespace",
  "subscribeTracks",
  "subscribePrefix",
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

const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  subscribe: ["subscribeOk", "subscribeOk", "subscribeOk", "requestError", "subscribeError"],
  publish: ["requestOk", "publishOk", "publishOk", "requestError", "publishError"],
  fetch: ["fetchOk", "fetchOk", "requestError", "fetchError"],
  trackStatus: ["requestOk", "trackStatusOk", "requestError", "trackStatusError"],
  publishNamespace: ["requestOk", "publishNamespaceOk", "requestError", "publishNamespaceError"],
  subscribeNamespace: ["requestOk", "requestOk", "requestError"],
  subscribePrefix: ["requestOk", "subscribeNamespaceOk", "requestError"],
};

const FOLLOWING = [
  "publishDone",
  "requestOk",
  "requestError",
  "publishNamespaceCancel",
  "subscribeOk",
];

const FOLLOWING_ON_STREAM = [
  "publishDone",
  "requestUpdate",
  "requestOk",
  "requestError",
  "namespace",
  "namespaceDone",
  "goaway",
];
