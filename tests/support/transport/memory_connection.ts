import { type Clock, systemClock } from "@qumo/shared/runtime";
import { TransportError } from "../../../relay/transport/errors.ts";
import { MAX_DATAGRAMS_WAITING } from "../../../relay/transport/limits.ts";
import { Queue } from "../../../relay/transport/queue.ts";
import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "../../../relay/transport/types.ts";
import { Credit, type MemoryEnd, MemoryStream } from "./memory_stream.ts";

/** The network that a pair pretends to be. */
const NETWORK = {
  /** The token both sides agreed on, if they did. */
  protocol: "moqt-18" as string | undefined,
  /** Milliseconds that everything takes to the other end; at 0 things arrive at once. */
  latency: 0,
  /** Measures the latency. */
  clock: systemClock as Clock,
  /** Bytes a stream takes ahead of its reader. */
  streamWindow: 1_250_000,
  /** Unidirectional streams each side may have open. */
  maxUniStreams: Infinity,
  /** Bidirectional streams each side may have open. */
  maxBidiStreams: Infinity,
  /** False to be like Deno's QUIC: nothing can be reset, codes of stops are lost. */
  canReset: true,
  /** True to be like stacks other than Deno's: a stream that the peer stopped is reset at once. */
  answersStops: false,
  maxDatagramSize: 1200,
};

/** What is different from the usual about the network. */
export type MemoryOptions = Readonly<Partial<typeof NETWORK>>;

/** A client and a server in one process that behave towards each other as over a network. */
export function memoryPair(options: MemoryOptions = {}): [MemoryConnection, MemoryConnection] {
  const network = { ...NETWORK, ...options };
  const client = new MemoryConnection(network);
  return [client, new MemoryConnection(network, client)];
}

/** One end of a {@linkcode memoryPair}. */
export class MemoryConnection implements Connection, MemoryEnd {
  readonly transport = "quic";
  readonly protocol: string | undefined;
  readonly path = undefined;
  readonly authority = undefined;
  readonly remoteAddress: string;
  readonly canReset: boolean;
  readonly maxDatagramSize: number;
  readonly network: Readonly<typeof NETWORK>;
  readonly #ending = Promise.withResolvers<CloseInfo>();
  readonly closed = this.#ending.promise;
  /** Every unidirectional stream that was opened here, in order. */
  readonly opened: MemoryStream[] = [];
  readonly #uniCredit: Credit;
  readonly #bidiCredit: Credit;
  readonly #uni = new Queue<ReceiveStream>(Infinity);
  readonly #bidi = new Queue<BidiStream>(Infinity);
  readonly #datagrams = new Queue<Uint8Array>(MAX_DATAGRAMS_WAITING);
  // How the halves of streams that are open here hear that the connection has ended.
  readonly #halves = new Set<(error: TransportError) => void>();
  #nextBidi: bigint;
  #peer!: MemoryConnection;
  // What has come as far as this end while the line is frozen.
  #frozen: (() => void)[] | undefined;
  // Why nothing goes any more, once the connection has ended.
  #failure: TransportError | undefined;

  /** The server's end when there is one of a client. */
  constructor(network: Readonly<typeof NETWORK>, client?: MemoryConnection) {
    this.network = network;
    this.protocol = network.protocol;
    this.canReset = network.canReset;
    this.maxDatagramSize = network.maxDatagramSize;
    this.remoteAddress = client === undefined ? "memory:server" : "memory:client";
    this.#uniCredit = new Credit(network.maxUniStreams);
    this.#bidiCredit = new Credit(network.maxBidiStreams);
    this.#nextBidi = client === undefined ? 0n : 1n;
    if (client !== undefined) [this.#peer, client.#peer] = [client, this];
  }

  async openUni(): Promise<SendStream> {
    await this.#uniCredit.take(1);
    if (this.#failure !== undefined) throw this.#failure;
    const peer = this.#peer;
    const onReceived = () => peer.carry(() => this.#uniCredit.give(1));
    const stream = new MemoryStream(this, peer, { onReceived });
    this.opened.push(stream);
    this.carry(() => peer.#uni.push(stream));
    return stream;
  }

  async openBidi(): Promise<BidiStream> {
    await this.#bidiCredit.take(1);
    if (this.#failure !== undefined) throw this.#failure;
    const peer = this.#peer;
    const id = this.#nextBidi;
    this.#nextBidi += 4n;
    let open = 2;
    const onHalf = () => {
      if (--open === 0) peer.carry(() => this.#bidiCredit.give(1));
    };
    const there = new MemoryStream(this, peer, { onReceived: onHalf });
    const back = new MemoryStream(peer, this, { onSent: onHalf });
    this.carry(() => peer.#bidi.push({ id, send: back, receive: there }));
    return { id, send: there, receive: back };
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.#uni.take();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.#bidi.take();
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#failure !== undefined || bytes.length > this.maxDatagramSize) return false;
    const copy = bytes.slice();
    const peer = this.#peer;
    this.carry(() => peer.#datagrams.push(copy));
    return true;
  }

  receiveDatagram(): Promise<Uint8Array | undefined> {
    return this.#datagrams.take();
  }

  drain(): void {}

  close(code: Code, reason: string): void {
    if (this.#failure !== undefined) return;
    const peer = this.#peer;
    this.carry(() => peer.#end({ code, reason, by: "peer" }));
    this.#end({ code, reason, by: "local" });
  }

  /** The network is gone: neither side can tell the other. */
  sever(): void {
    for (const end of [this, this.#peer]) end.#end({ code: 0, reason: "timed out", by: "lost" });
  }

  /** From now on nothing arrives any more, in either direction, and neither side is told. */
  freeze(): void {
    for (const end of [this, this.#peer]) end.#frozen ??= [];
  }

  /** What was under way when the line froze, and since, arrives after all. */
  thaw(): void {
    for (const end of [this, this.#peer]) {
      const arrivals = end.#frozen ?? [];
      end.#frozen = undefined;
      for (const arrive of arrivals) arrive();
    }
  }

  hold(fail: (error: TransportError) => void, onOver = () => {}): () => void {
    this.#halves.add(fail);
    return () => {
      if (this.#halves.delete(fail)) onOver();
    };
  }

  // What is under way when this end ends is lost; the peer's own end is judged by the peer.
  carry(arrive: () => void): void {
    if (this.#failure !== undefined) return;
    const { latency, clock } = this.network;
    const peer = this.#peer;
    const land = () => {
      if (peer.#frozen !== undefined) peer.#frozen.push(land);
      else if (peer.#failure === undefined) arrive();
    };
    if (latency === 0) land();
    else clock.after(latency, land);
  }

  #end(info: CloseInfo): void {
    if (this.#failure !== undefined) return;
    const code = info.by === "peer" ? info.code : 0;
    const error = new TransportError("closed", code, `Connection ended: ${info.reason}`);
    this.#failure = error;
    for (const fail of this.#halves) fail(error);
    this.#halves.clear();
    this.#uniCredit.fail(error);
    this.#bidiCredit.fail(error);
    this.#uni.close();
    this.#bidi.close();
    this.#datagrams.close();
    this.#ending.resolve(info);
  }
}
