import type { Draft, FullTrackName } from "@qumo/shared/wire";
import type { BidiStream, Connection, SendStream } from "../../../relay/transport/mod.ts";
import type { Random } from "../random.ts";
import { type Aim, HostileBytes } from "./bytes.ts";

/** What a hostile peer does at a time. */
export type Move =
  | "control"
  | "request"
  | "answer"
  | "subgroup"
  | "fetch_stream"
  | "other_stream"
  | "datagram";

/** How a stream that a hostile peer opened goes on. */
export type StreamFate = "open" | "fin" | "reset" | "stop" | "both";

/**
 * What every hostile peer does with its connection, whatever it speaks, by a seed. It waits for nothing
 * and nothing it does fails.
 */
export abstract class HostileConnection {
  readonly connection: Connection;
  readonly random: Random;
  readonly bytes: HostileBytes;

  constructor(connection: Connection, random: Random, draft: Draft) {
    this.connection = connection;
    this.random = random;
    this.bytes = new HostileBytes(random, draft);
    void this.#meetStreams().catch(ignore);
  }

  /** Begins mostly as it should, and asks for some things in order. */
  abstract begin(): this;

  /** Sends one hostile thing of this kind. */
  abstract move(move: Move): void;

  /** Leaves, with whatever code, or is cut off by `sever`. */
  leave(sever: () => void): void {
    if (this.random.percent(30)) sever();
    else this.connection.close(this.random.below(40), "x".repeat(this.random.below(30)));
  }

  /** Opens a stream with these bytes, which ends like any other when nothing is said. */
  onNewUni(
    bytes: Uint8Array,
    fate: StreamFate = this.random.pick(UNI_FATES),
    use: (stream: SendStream) => void = () => {},
  ): void {
    this.connection.openUni().then((stream) => {
      use(stream);
      this.write(stream, bytes);
      this.#end(stream, fate);
    }, ignore);
  }

  onNewBidi(parts: readonly Uint8Array[], fate: StreamFate = this.random.pick(BIDI_FATES)): void {
    this.connection.openBidi().then(({ send, receive }) => {
      for (const bytes of parts) this.write(send, bytes);
      this.#end(send, fate);
      if (fate === "stop" || fate === "both") receive.stop(1);
    }, ignore);
  }

  /** Writes in pieces of any size. */
  write(stream: SendStream, bytes: Uint8Array): void {
    const { random } = this;
    if (random.percent(60)) return void stream.write(bytes).catch(ignore);
    for (let at = 0; at < bytes.length;) {
      const next = at + 1 + random.below(bytes.length);
      void stream.write(bytes.slice(at, next)).catch(ignore);
      at = next;
    }
  }

  /** Ends one half of a stream of the relay, now and then. */
  endSome({ send, receive }: BidiStream): void {
    const end = this.random.below(12);
    if (end === 0) void send.finish().catch(ignore);
    if (end === 1) send.reset(this.random.below(60));
    if (end === 2) receive.stop(this.random.below(8));
  }

  #end(stream: SendStream, fate: StreamFate): void {
    if (fate === "fin") void stream.finish().catch(ignore);
    if (fate === "reset" || fate === "both") stream.reset(this.random.below(8));
  }

  /** Takes the relay's streams, reads one in two, and stops some. */
  async #meetStreams(): Promise<void> {
    for (;;) {
      const stream = await this.connection.acceptUni();
      if (stream === undefined) return;
      const roll = this.random.below(20);
      if (roll === 0) stream.stop(1);
      else if (roll < 10) void readAll(stream).catch(ignore);
    }
  }
}

const UNI_FATES: readonly StreamFate[] = ["fin", "fin", "fin", "reset", "open", "open"];
const BIDI_FATES: readonly StreamFate[] = ["open", "open", "fin", "reset", "stop", "both"];

/** The alias under which a hostile peer publishes what it published in order. */
export const HOSTILE_ALIAS = 1n;

/** The same in a draft of MoQT, by whatever stream it asks. */
export abstract class HostileMoqt<D extends Draft> extends HostileConnection implements Aim {
  readonly draft: D;
  readonly tracks: readonly FullTrackName[];
  readonly aliases: readonly bigint[] = [HOSTILE_ALIAS, 2n, 3n];
  readonly fetches: bigint[] = [];
  #nextId = 0n;

  /** `tracks` are what its requests are about, its own first. */
  constructor(
    connection: Connection,
    random: Random,
    { draft, tracks }: { readonly draft: D; readonly tracks: readonly FullTrackName[] },
  ) {
    super(connection, random, draft);
    this.draft = draft;
    this.tracks = tracks;
  }

  /** The id of the next request, rarely one that was used. */
  requestId(): bigint {
    return this.random.percent(1) ? this.#nextId : this.ownId();
  }

  earlierId(): bigint {
    return BigInt(2 * this.random.below(Number(this.#nextId) / 2 + 1));
  }

  /** The id of the next request. */
  ownId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }

  /** What it asks in order: its own track is published, and some are subscribed to. */
  *orders() {
    const { random, tracks } = this;
    const [track] = tracks as [FullTrackName];
    const { namespace } = track;
    const parameters = {};
    if (random.percent(50)) {
      const requestId = this.ownId();
      yield { kind: "publishNamespace", requestId, namespace, parameters } as const;
    }
    if (random.percent(60)) {
      const properties = random.percent(70) ? NOTHING : this.bytes.trackProperties();
      const publish = { track, alias: HOSTILE_ALIAS, parameters, properties };
      yield { kind: "publish", requestId: this.ownId(), ...publish } as const;
    }
    for (const wanted of tracks) {
      if (!random.percent(50)) continue;
      yield { kind: "subscribe", requestId: this.ownId(), track: wanted, parameters } as const;
    }
  }

  /** Sends data that nobody asked for, or that somebody did. */
  moveData(move: "subgroup" | "fetch_stream" | "datagram"): void {
    const { random, bytes } = this;
    if (move === "subgroup") return this.onNewUni(bytes.maybeMutate(25, bytes.subgroup(this)));
    if (move === "fetch_stream") {
      return this.onNewUni(bytes.maybeMutate(25, bytes.fetchStream(this)));
    }
    const datagram = random.percent(15)
      ? random.bytes(40)
      : bytes.maybeMutate(25, bytes.datagram(this));
    this.connection.sendDatagram(datagram);
  }
}

const NOTHING = new Uint8Array(0);

async function readAll(stream: { read(into: Uint8Array<ArrayBuffer>): Promise<unknown> }) {
  while (await stream.read(new Uint8Array(1_024)) !== undefined);
}

/** For what may fail. */
export function ignore(): void {}
