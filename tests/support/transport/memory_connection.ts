import { type Clock, systemClock } from "@qumo/shared/runtime";
import { TransportError } from "../../../relay/transport/errors.ts";
import { MAX_DATAGRAMS_WAITING } from "../../../relay/transport/limits.ts";
import {
  Credit,
  type MemoryEnd,
  type MemoryHalf,
  MemoryReceiveStream,
  MemorySendStream,
} from "./memory_streams.ts";
import { Queue } from "../../../relay/transport/queue.ts";
import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "../../../relay/transport/types.ts";

/** The network that a pair pretends to be. */
export interface MemoryOptions {
  /** The token both sides agreed on; `moqt-18` when nothing is said, null for none. */
  readonly protocol?: string | null;
  /** Milliseconds that everything takes to the other end; without it things arrive at once. */
  readonly latency?: number;
  /** Measures the latency. */
  readonly clock?: Clock;
  /** Bytes a stream takes ahead of its reader. */
  readonly streamWindow?: number;
  /** Unidirectional streams each side may have open. */
  readonly maxUniStreams?: number;
  /** Bidirectional streams each side may have open. */
  readonly maxBidiStreams?: number;
  /** False to be like Deno's QUIC: nothing can be reset, codes of stops are lost. */
  readonly canReset?: boolean;
  /** True to be like stacks other than Deno's: a stream that the peer stopped is reset at once. */
  readonly answersStops?: boolean;
  readonly maxDatagramSize?: number;
}

/** A client and a server in one process that behave towards each other as over a network. */
export function memoryPair(options: MemoryOptions = {}): [MemoryConnection, MemoryConnection] {
  const client = new MemoryConnection(options);
  return [client, new MemoryConnection(options, client)];
}

/** One end of a {@linkcode memoryPair}. */
export class MemoryConnection implements Connection, MemoryEnd {
  readonly transport = "quic";
  readonly protocol: string | undefined;
  readonly path: string | undefined = undefined;
  readonly authority = undefined;
  readonly remoteAddress: string;
  readonly canReset: boolean;
  readonly answersStops: boolean;
  readonly maxDatagramSize: number;
  readonly #options: MemoryOptions;
  readonly #uniCredit: Credit;
  readonly #bidiCredit: Credit;
  readonly #uni = new Queue<ReceiveStream>(Infinity);
  readonly #bidi = new Queue<BidiStream>(Infinity);
  readonly #datagrams = new Queue<Uint8Array>(MAX_DATAGRAMS_WAITING);
  // Every half that is open here, and what to do when it is over.
  readonly #halves = new Map<MemoryHalf, () => void>();
  readonly #closed = Promise.withResolvers<CloseInfo>();
  #nextBidi: bigint;
  #peer!: MemoryConnection;
  // What has come as far as this end while the line is frozen.
  #frozen: (() => void)[] | undefined;
  // Why nothing goes any more, once the connection has ended.
  #failure: TransportError | undefined;

  /** The server's end when there is one of a client. */
  constructor(options: MemoryOptions, client?: MemoryConnection) {
    this.#options = options;
    this.protocol = options.protocol === null ? undefined : options.protocol ?? "moqt-18";
    this.remoteAddress = client === undefined ? "memory:server" : "memory:client";
    this.canReset = options.canReset ?? true;
    this.answersStops = options.answersStops ?? false;
    this.maxDatagramSize = options.maxDatagramSize ?? 1200;
    this.#uniCredit = new Credit(options.maxUniStreams ?? Infinity);
    this.#bidiCredit = new Credit(options.maxBidiStreams ?? Infinity);
    this.#nextBidi = client === undefined ? 0n : 1n;
    if (client !== undefined) [this.#peer, client.#peer] = [client, this];
  }

  get closed(): Promise<CloseInfo> {
    return this.#closed.promise;
  }

  async openUni(): Promise<SendStream> {
    await this.#uniCredit.take(1);
    if (this.#failure !== undefined) throw this.#failure;
    const peer = this.#peer;
    const [send, receive] = this.#halfPair(peer);
    this.#halves.set(send, () => {});
    this.carry(() => {
      peer.#halves.set(receive, () => peer.carry(() => this.#uniCredit.give(1)));
      peer.#uni.push(receive);
    });
    return send;
  }

  async openBidi(): Promise<BidiStream> {
    await this.#bidiCredit.take(1);
    if (this.#failure !== undefined) throw this.#failure;
    const peer = this.#peer;
    const id = this.#nextBidi;
    this.#nextBidi += 4n;
    const [send, farReceive] = this.#halfPair(peer);
    const [farSend, receive] = peer.#halfPair(this);
    this.#halves.set(send, () => {}).set(receive, () => {});
    let open = 2;
    const farOver = () => {
      if (--open === 0) peer.carry(() => this.#bidiCredit.give(1));
    };
    this.carry(() => {
      peer.#halves.set(farSend, farOver).set(farReceive, farOver);
      peer.#bidi.push({ id, send: farSend, receive: farReceive });
    });
    return { id, send, receive };
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
    const lost: CloseInfo = { code: 0, reason: "timed out", by: "lost" };
    this.#end(lost);
    this.#peer.#end(lost);
  }

  /** From now on nothing arrives any more, in either direction, and neither side is told. */
  freeze(): void {
    this.#frozen ??= [];
    this.#peer.#frozen ??= [];
  }

  /** What was under way when the line froze, and since, arrives after all. */
  thaw(): void {
    for (const end of [this, this.#peer]) {
      const arrivals = end.#frozen ?? [];
      end.#frozen = undefined;
      for (const arrive of arrivals) arrive();
    }
  }

  over(half: MemoryHalf): void {
    this.#halves.get(half)?.();
    this.#halves.delete(half);
  }

  // What is under way when this end ends is lost; the peer's own end is judged by the peer.
  carry(arrive: () => void): void {
    if (this.#failure !== undefined) return;
    const { latency = 0, clock = systemClock } = this.#options;
    const peer = this.#peer;
    const land = () => {
      if (peer.#frozen !== undefined) peer.#frozen.push(land);
      else if (peer.#failure === undefined) arrive();
    };
    if (latency === 0) land();
    else clock.after(latency, land);
  }

  #halfPair(peer: MemoryConnection): [MemorySendStream, MemoryReceiveStream] {
    const send = new MemorySendStream(this, this.#options.streamWindow ?? 1_250_000);
    const receive = new MemoryReceiveStream(peer);
    send.far = receive;
    receive.far = send;
    return [send, receive];
  }

  #end(info: CloseInfo): void {
    if (this.#failure !== undefined) return;
    const code = info.by === "peer" ? info.code : 0;
    const error = new TransportError("closed", code, `Connection ended: ${info.reason}`);
    this.#failure = error;
    for (const half of this.#halves.keys()) half.fail(error);
    this.#halves.clear();
    this.#uniCredit.fail(error);
    this.#bidiCredit.fail(error);
    this.#uni.close();
    this.#bidi.close();
    this.#datagrams.close();
    this.#closed.resolve(info);
  }
}
