import {
  ByteReader,
  type ControlMessageOf,
  type Draft,
  type FullTrackName,
  PADDING_STREAM_TYPE,
  type Parameters,
} from "@qumo/shared/wire";
import { expressible } from "../../../relay/session/moqt/dialect/expressible.ts";
import type { BidiStream, SendStream } from "../../../relay/transport/mod.ts";
import { bytesOf, IncomingStream } from "../peers/scripted_streams.ts";
import { type AnyMessage, controlOf, layoutsOf, type MessageLayout } from "../layouts.ts";
import { Inventor } from "../made_up.ts";
import { HostileConnection, type HostileParts, ignore, type Move } from "./hostile_connection.ts";
import { HOSTILE_ALIASES, HostileObjects } from "./hostile_objects.ts";

/** A request of the relay. */
interface Asked {
  readonly kind: string;
  readonly id: bigint;
  /** Undefined for one on the control stream, which is named by its id. */
  readonly stream: BidiStream | undefined;
  isAnswered?: true;
}

/** The alias under which a hostile peer publishes what it published in order. */
const [HOSTILE_ALIAS] = HOSTILE_ALIASES;

type Range = ControlMessageOf<"fetch">["range"];

/** A hostile peer of MoQT, which asks on streams of their own, or in older drafts on the control stream. */
export class HostileMoqt extends HostileConnection {
  readonly #draft: Draft;
  readonly #layouts: readonly MessageLayout[];
  /** What is said of requests that were made. */
  readonly #later: readonly MessageLayout[];
  readonly #objects: HostileObjects;
  readonly #asked: Asked[] = [];
  /** What is wrong on a stream that requests share ends all of them: so many of a hundred messages are. */
  readonly #oddities: number;
  override readonly moves: Readonly<Record<Move, () => unknown>> = {
    control: () => this.#onControl(),
    request: () => this.#request(),
    answer: () => this.#answer(),
    subgroup: () => this.onNewUni(this.maybeMutate(25, this.#objects.subgroup())),
    fetch_stream: () => this.onNewUni(this.maybeMutate(25, this.#objects.fetchStream())),
    other_stream: () => this.#otherStream(),
    datagram: () => this.connection.sendDatagram(this.maybeMutate(35, this.#objects.datagram())),
  };
  #control: Promise<SendStream | undefined> = Promise.resolve(undefined);
  #nextId = 0n;

  constructor(parts: HostileParts, draft: Draft) {
    super(parts);
    this.#draft = draft;
    this.#layouts = layoutsOf(draft);
    this.#later = this.#layouts.filter(({ name }) =>
      !REQUESTS.includes(name) && !/setup|Ok$|Error$/i.test(name)
    );
    this.#objects = new HostileObjects(parts.random, draft);
    this.#oddities = draft.family === "A" ? 3 : 12;
  }

  #earlierId(): bigint {
    return BigInt(2 * this.random.below(Number(this.#nextId) / 2 + 1));
  }

  /** The id of the next request. */
  #ownId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }

  override begin(): void {
    const { random } = this;
    const draft = this.#draft;
    const isInOrder = random.percent(92);
    const setup = isInOrder ? controlOf(draft).encode(plainSetup(draft)) : this.#madeUpSetup(80);
    if (isInOrder || random.percent(80)) this.#openControl(setup);
    if (!isInOrder) return;
    for (const order of this.#orders()) this.#ask([controlOf(draft).encode(order)], "open");
  }

  /** A stream that is to be used again stays open. */
  #openControl(setup: Uint8Array): void {
    const { connection } = this;
    const draft = this.#draft;
    if (draft.family === "B") {
      return void (this.#control = this.onNewUni(setup, "open").catch(() => undefined));
    }
    const opening = connection.openBidi();
    this.#control = opening.then(({ send }) => send, () => undefined);
    this.#say(setup);
    void opening.then(({ receive }) => this.#listen(new IncomingStream(receive, draft)))
      .catch(ignore);
  }

  #madeUpSetup(share: number): Uint8Array {
    return this.maybeMutate(share, this.#message(["clientSetup", "setup"]));
  }

  /** What it asks in order: its own track is published, and some are subscribed to. */
  *#orders() {
    const { random } = this;
    const [track] = this.tracks as [FullTrackName];
    const parameters = {};
    if (random.percent(50)) {
      const { namespace } = track;
      yield { kind: "publishNamespace", requestId: this.#ownId(), namespace, parameters } as const;
    }
    if (random.percent(60)) {
      // Groups of the track may be asked for, or nothing is said of it.
      const said = random.percent(70) ? [] : [0x30n, 1n];
      const properties = bytesOf(this.#draft, ...said);
      const publish = { track, alias: HOSTILE_ALIAS, parameters, properties };
      yield { kind: "publish", requestId: this.#ownId(), ...publish } as const;
    }
    for (const wanted of this.tracks.filter(() => random.percent(50))) {
      yield { kind: "subscribe", requestId: this.#ownId(), track: wanted, parameters } as const;
    }
  }

  /** One of these messages that the draft has. */
  #message(names: readonly string[]): Uint8Array {
    return this.#madeUp(this.random.pick(this.#layouts.filter(({ name }) => names.includes(name))));
  }

  /** A message that is made up and mostly about what there is, or about a request. */
  #madeUp(layout: MessageLayout, about?: bigint): Uint8Array {
    const { random } = this;
    const message = new Inventor(this.#draft, random).message(layout);
    const track = () => random.pick(this.tracks);
    const namespace = [60, () => track().namespace] as const;
    const aimed = this.aimed(message, {
      // That of GOAWAY says how far requests were served.
      ...layout.name !== "goaway" && { requestId: [95, () => about ?? this.#requestId()] },
      track: [80, track],
      namespace,
      prefix: namespace,
      suffix: namespace,
      existing: [80, () => this.#earlierId()],
      alias: [60, () => random.pick(HOSTILE_ALIASES)],
      // Tokens that were never registered end every session at once.
      parameters: [60, ({ authorizationTokens: _, ...rest }: Parameters) => rest],
      range: [80, (range: Range) => this.#aimedRange(range)],
    });
    const { encode } = controlOf(this.#draft);
    return expressible(() => encode(aimed)) ?? encode(message);
  }

  /** The id of the next request, rarely one that was used. */
  #requestId(): bigint {
    return this.random.percent(1) ? this.#nextId : this.#ownId();
  }

  #aimedRange(range: Range) {
    if ("track" in range) return { ...range, track: this.random.pick(this.tracks) };
    return { ...range, requestId: this.#earlierId() };
  }

  #anything(): Uint8Array {
    const { random } = this;
    return random.percent(50) ? this.#madeUp(random.pick(this.#layouts)) : random.bytes(30);
  }

  /** Something else instead, or these bytes changed, in so many of a hundred cases each. */
  #orOdd(bytes: Uint8Array, share = this.#oddities): Uint8Array {
    return this.random.percent(share) ? this.#anything() : this.maybeMutate(share, bytes);
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
    const about = random.percent(85) ? this.#earlierId() : BigInt(random.below(20));
    const later = this.#draft.family === "A"
      ? this.#madeUp(random.pick(this.#later), about)
      : this.#message(["goaway"]);
    this.#say(this.#orOdd(later, 3 * this.#oddities));
  }

  /** Asks something, and says more to it, on the stream that it belongs on. */
  #ask(parts: readonly Uint8Array[], fate?: "open"): void {
    if (this.#draft.family === "B") this.onNewBidi(parts, fate);
    else parts.forEach((part) => this.#say(part));
  }

  #request(): void {
    const { random } = this;
    const parts = [this.#orOdd(this.#message(REQUESTS))];
    while (this.#draft.family === "B" && random.percent(40)) {
      parts.push(this.#orOdd(this.#message(["requestUpdate"])));
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
    const isFurther = one.isAnswered && random.percent(60);
    const layout = isFurther ? random.pick(this.#later) : this.#answerTo(kind);
    one.isAnswered = true;
    const said = this.#orOdd(this.#madeUp(layout, stream === undefined ? id : undefined));
    if (stream === undefined) return this.#say(said);
    this.write(stream.send, said);
    this.endSome(stream);
  }

  /** What agrees to a request of this kind in most cases, or refuses it. */
  #answerTo(kind: string): MessageLayout {
    const as = this.random.percent(65) ? "Ok" : "Error";
    const own = ({ name, to, kind: answer }: MessageLayout) =>
      name === kind + as || to === kind && answer === `request${as}`;
    return this.#layouts.find(own) ?? this.#layouts.find(({ name }) => name === `request${as}`)!;
  }

  #otherStream(): void {
    const { random } = this;
    if (this.#draft.family === "A" && random.percent(60)) {
      const message = this.maybeMutate(20, this.#message(["subscribeNamespace"]));
      return this.onNewBidi([random.percent(80) ? message : random.bytes(40)]);
    }
    const padding = bytesOf(this.#draft, PADDING_STREAM_TYPE, random.bytes(200));
    void this.onNewUni(random.pick([this.#anything(), this.#madeUpSetup(50), padding]));
  }

  /** Notes what the relay asks, so that it can be answered. */
  #note(message: AnyMessage, stream?: BidiStream): void {
    if (!("requestId" in message) || message.requestId === undefined) return;
    const { kind, requestId: id } = message;
    if (kind === "fetch") this.#objects.fetches.push(id);
    this.#asked.push({ kind, id, stream });
  }

  async #listen(incoming: IncomingStream): Promise<void> {
    for await (const message of incoming.messages()) {
      if (REQUESTS.includes(message.kind)) this.#note(message);
    }
  }

  override async meet(stream: BidiStream): Promise<void> {
    const bytes = await stream.receive.read(new Uint8Array(8_192));
    if (bytes === undefined) return;
    const reader = new ByteReader(bytes, this.#draft.varint);
    this.#note(controlOf(this.#draft).decode(reader.varint(), reader.bytes(reader.u16())), stream);
  }
}

function plainSetup(draft: Draft) {
  if (draft.family === "B") return { kind: "setup", options: {} } as const;
  const versions = draft.version === undefined ? [] : [draft.version];
  return { kind: "clientSetup", versions, options: { maxRequestId: 200n } } as const;
}

/** What is asked, by the names of all drafts. */
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
