import {
  type ControlMessage,
  data18,
  decodeDatagram,
  draft18,
  encodeDatagram,
  type FullTrackName,
  type Namespace,
  type ObjectDatagram,
  SETUP_STREAM_TYPE,
  type SetupOptions,
  type SubgroupHeader,
} from "@qumo/shared/wire";
import type { ByteSource } from "./byte_source.ts";
import {
  connectQuicTransport,
  type QuicServerAddress,
  type QuicTransport,
} from "../transport/quic_transport.ts";
import { Queue } from "./queue.ts";
import { readMessage, readMessageBody, WireRequest } from "./wire_request.ts";
import { type IncomingFetch, type IncomingSubgroup, readDataStream } from "./wire_streams.ts";
import { OutgoingSubgroup } from "./wire_subgroup.ts";

/**
 * A peer that speaks draft 18 byte by byte: it sends what it is told to, right or wrong, and shows
 * what comes back. For what no library would do.
 */
export class WirePeer {
  // Deno stops a stream that nobody references, and the relay takes that for a cancellation.
  readonly #held: WireRequest[] = [];
  /** What the other side declared in its SETUP. */
  readonly setup: SetupOptions;
  /** Requests of the other side. */
  readonly requests = new Queue<WireRequest>();
  /** Data streams of the other side whose header has come. */
  readonly streams = new Queue<IncomingSubgroup | IncomingFetch>();
  /** Datagrams of the other side. */
  readonly datagrams = new Queue<ObjectDatagram>();
  /** Messages on the other side's control stream behind its SETUP. */
  readonly control = new Queue<ControlMessage>();
  readonly transport: QuicTransport;
  #nextRequestId: bigint;

  private constructor(transport: QuicTransport, setup: SetupOptions, firstRequestId: bigint) {
    this.transport = transport;
    this.setup = setup;
    this.#nextRequestId = firstRequestId;
  }

  /** Connects over raw QUIC and exchanges SETUP. */
  static async connect(
    server: QuicServerAddress,
    options: Partial<SetupOptions> = { implementation: "wire" },
  ): Promise<WirePeer> {
    return WirePeer.open(await connectQuicTransport(server), options, 0n);
  }

  /** Exchanges SETUP on a connection; the server's first request id is 1. */
  static async open(
    transport: QuicTransport,
    options: Partial<SetupOptions>,
    firstRequestId: bigint,
  ): Promise<WirePeer> {
    const control = (await transport.createUnidirectionalStream()).getWriter();
    const setup = { kind: "setup", options: options } as const;
    await control.write(draft18.control.encode(setup));
    const incoming = transport.incomingUnidirectionalStreams.getReader();
    const first = await incoming.read();
    if (first.done) throw new Error("The connection ended before SETUP");
    const stream = await readDataStream(first.value);
    if (stream?.kind !== "setup") throw new Error("The first stream does not carry SETUP");
    const body = await stream.source.parse(readMessageBody);
    const answer = draft18.control.decode(SETUP_STREAM_TYPE, body ?? new Uint8Array());
    if (answer.kind !== "setup") throw new Error("The first message is not SETUP");
    const peer = new WirePeer(transport, answer.options, firstRequestId);
    peer.#run(incoming, stream.source);
    return peer;
  }

  /** The next request id of this side. */
  requestId(): bigint {
    const id = this.#nextRequestId;
    this.#nextRequestId += 2n;
    return id;
  }

  /** Opens a request stream with this message. */
  async request(message: ControlMessage): Promise<WireRequest> {
    const request = await this.openRequest();
    await request.send(message);
    return request;
  }

  /** Opens a request stream with nothing on it. */
  async openRequest(): Promise<WireRequest> {
    const request = new WireRequest(await this.transport.createBidirectionalStream());
    this.#held.push(request);
    return request;
  }

  /** Opens a stream for data with nothing on it. */
  async openStream(): Promise<WritableStreamDefaultWriter<Uint8Array>> {
    return (await this.transport.createUnidirectionalStream()).getWriter();
  }

  /** Opens a subgroup's stream. */
  async openSubgroup(header: SubgroupHeader): Promise<OutgoingSubgroup> {
    return new OutgoingSubgroup(await this.openStream(), header);
  }

  /** Sends an object as a datagram. */
  async sendDatagram(datagram: ObjectDatagram): Promise<void> {
    await this.transport.connection.sendDatagram(encodeDatagram(datagram, data18));
  }

  /** How the connection ended. */
  get closed(): Promise<{ readonly closeCode: number; readonly reason: string }> {
    return this.transport.connection.closed;
  }

  /** Ends the connection. */
  close(code = 0, reason = ""): void {
    this.transport.close({ closeCode: code, reason });
  }

  #run(
    incoming: ReadableStreamDefaultReader<ReadableStream<Uint8Array>>,
    controlSource: ByteSource,
  ): void {
    const quietly = (work: Promise<void>, end: () => void) =>
      void work.catch(() => {}).finally(end);
    quietly(this.#readControl(controlSource), () => this.control.end());
    quietly(this.#acceptStreams(incoming), () => this.streams.end());
    quietly(this.#acceptRequests(), () => this.requests.end());
    quietly(this.#readDatagrams(), () => this.datagrams.end());
  }

  async #readControl(source: ByteSource): Promise<void> {
    for (;;) {
      const message = await readMessage(source);
      if (message === undefined) return;
      this.control.push(message);
    }
  }

  async #acceptStreams(
    incoming: ReadableStreamDefaultReader<ReadableStream<Uint8Array>>,
  ): Promise<void> {
    for (;;) {
      const { value, done } = await incoming.read();
      if (done) return;
      readDataStream(value).then((stream) => {
        if (stream !== undefined && stream.kind !== "setup") this.streams.push(stream);
      }, () => {});
    }
  }

  async #acceptRequests(): Promise<void> {
    for await (const stream of this.transport.incomingBidirectionalStreams!) {
      this.requests.push(new WireRequest(stream));
    }
  }

  async #readDatagrams(): Promise<void> {
    for await (const bytes of this.transport.datagrams.readable) {
      const datagram = decodeDatagram(bytes, data18);
      if (datagram !== undefined) this.datagrams.push(datagram);
    }
  }
}

const encoder = new TextEncoder();

/** A namespace in its bytes. */
export function namespace(...fields: readonly string[]): Namespace {
  return fields.map((field) => encoder.encode(field));
}

/** A track's name in its bytes. */
export function trackName(fields: readonly string[], name: string): FullTrackName {
  return { namespace: namespace(...fields), name: encoder.encode(name) };
}
