import type { FullTrackName } from "@qumo/shared/wire";
import type { BidiStream, Connection, SendStream } from "../../../relay/transport/mod.ts";
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

/** How a stream that a hostile peer opened goes on. */
export type StreamFate = "open" | "fin" | "reset" | "stop" | "both";

/** What a hostile peer is made of. */
export interface HostileParts {
  readonly connection: Connection;
  readonly random: Random;
  /** What its requests are about, its own track first. */
  readonly tracks: readonly FullTrackName[];
}

/** Values for the fields of a message: in so many of a hundred cases they stand in their place. */
export type Aims = Readonly<
  Record<string, readonly [share: number, value: (was: never) => unknown]>
>;

/**
 * What every hostile peer does with its connection, whatever it speaks, by a seed. It waits for nothing
 * and nothing it does fails.
 */
export abstract class HostileConnection {
  readonly connection: Connection;
  readonly random: Random;
  readonly tracks: readonly FullTrackName[];
  /** Each sends one hostile thing of its kind. */
  abstract readonly moves: Readonly<Partial<Record<Move, () => unknown>>>;

  constructor({ connection, random, tracks }: HostileParts) {
    this.connection = connection;
    this.random = random;
    this.tracks = tracks;
    void this.#meetStreams().catch(ignore);
    void this.#meetRequests().catch(ignore);
  }

  /** Begins mostly as it should, and asks for some things in order. */
  abstract begin(): void;

  /** Takes a request of the relay. */
  abstract meet(stream: BidiStream): Promise<void> | void;

  /** Leaves, with whatever code, or is cut off by `sever`. */
  leave(sever: () => void): void {
    if (this.random.percent(30)) sever();
    else this.connection.close(this.random.below(40), "x".repeat(this.random.below(30)));
  }

  /** A message with some of its fields about what there is. */
  aimed<T extends object>(message: T, aims: Aims): T {
    const fields = Object.entries(message).map(([name, was]) => {
      const [share, value] = aims[name] ?? [0, () => was];
      return [name, this.random.percent(share) ? value(was as never) : was];
    });
    return Object.fromEntries(fields);
  }

  /** As it is, or in so many of a hundred cases changed. */
  maybeMutate(share: number, bytes: Uint8Array): Uint8Array {
    return this.random.percent(share) ? this.random.mutated(bytes) : bytes;
  }

  /** Opens a stream with these bytes, which ends like any other when nothing is said. */
  onNewUni(bytes: Uint8Array, fate: StreamFate = this.random.pick(UNI_FATES)): Promise<SendStream> {
    const opening = this.connection.openUni();
    opening.then((stream) => {
      this.write(stream, bytes);
      this.#end(stream, fate);
    }, ignore);
    return opening;
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
    for (let stream; (stream = await this.connection.acceptUni()) !== undefined;) {
      const roll = this.random.below(20);
      if (roll === 0) stream.stop(1);
      else if (roll < 10) void readAll(stream).catch(ignore);
    }
  }

  async #meetRequests(): Promise<void> {
    for (let stream; (stream = await this.connection.acceptBidi()) !== undefined;) {
      void Promise.resolve(this.meet(stream)).catch(ignore);
    }
  }
}

const UNI_FATES: readonly StreamFate[] = ["fin", "fin", "fin", "reset", "open", "open"];
const BIDI_FATES: readonly StreamFate[] = ["open", "open", "fin", "reset", "stop", "both"];

async function readAll(stream: { read(into: Uint8Array<ArrayBuffer>): Promise<unknown> }) {
  while (await stream.read(new Uint8Array(1_024)) !== undefined);
}

/** For what may fail. */
export function ignore(): void {}
