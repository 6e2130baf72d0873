import {
  type ControlKind,
  type ControlMessage,
  type ControlMessageOf,
  type FullTrackName,
  type Namespace,
  type SetupOptions,
  type StreamDraft,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { CloseInfo, Connection, QuicTransportOptions } from "../../../relay/transport/mod.ts";
import { dialRelay, type QuicServerAddress } from "../transport/quic_transport.ts";
import { Queue } from "./queue.ts";
import {
  IncomingStream,
  ofKind,
  OutgoingStream,
  RequestStream,
  typed,
  type TypedStream,
} from "./scripted_streams.ts";
import { referenceDraft } from "../reference_draft.ts";

/** Who the scripted peer is, and what it says first. */
export interface ScriptedPeerOptions {
  /** The one that tests are about when nothing is said. */
  readonly draft?: StreamDraft;
  /** Decides about the parity of request ids. */
  readonly role?: "client" | "server";
  /** What SETUP says besides a name; false for a peer that opens no control stream by itself. */
  readonly setup?: Partial<SetupOptions> | false;
}

/** As whom the peer comes over QUIC. */
export interface DialOptions extends ScriptedPeerOptions, QuicTransportOptions {
  /** What it offers by ALPN; that of its draft when nothing is said. */
  readonly protocol?: string;
}

type WithoutId<M> = M extends { requestId: bigint }
  ? Omit<M, "requestId"> & { readonly requestId?: bigint }
  : never;

/** A message that opens a request; one without an id gets the peer's next. */
export type RequestMessage = WithoutId<Exclude<ControlMessage, { kind: "requestUpdate" }>>;

const SETUP = 0x2f00n;

/**
 * The other end of a session under test, over any connection: it sends what the test says, message
 * or raw bytes, and hands over what arrives, in order. It answers nothing by itself and has no clock.
 */
export class ScriptedPeer implements AsyncDisposable {
  readonly connection: Connection;
  readonly draft: StreamDraft;
  /** Our control stream, for raw bytes, FIN and reset. */
  readonly control = Promise.withResolvers<OutgoingStream>();
  readonly #theirs = Promise.withResolvers<
    { control: IncomingStream<StreamDraft>; setup: SetupOptions }
  >();
  readonly #streams = new Queue<TypedStream<StreamDraft>>();
  #nextId: bigint;

  private constructor(connection: Connection, draft: StreamDraft, role: "client" | "server") {
    this.connection = connection;
    this.draft = draft;
    this.#nextId = role === "client" ? 0n : 1n;
    // Without a handler a connection that ends before SETUP would end the test run.
    this.#theirs.promise.catch(() => {});
    this.#acceptStreams().finally(() => {
      this.#streams.end();
      this.#theirs.reject(new Error("The connection ended before SETUP came"));
    });
  }

  /** Takes over one end of a connection and sends SETUP. It does not wait for the other side's. */
  static async connect(
    connection: Connection,
    options: ScriptedPeerOptions = {},
  ): Promise<ScriptedPeer> {
    const { draft = referenceDraft, role = "client", setup = {} } = options;
    const peer = new ScriptedPeer(connection, draft, role);
    if (setup !== false) {
      const options = { implementation: "scripted peer", ...setup };
      await peer.openControl(draft.control.encode({ kind: "setup", options }));
    }
    return peer;
  }

  /** Connects to a server on the loopback address, and exchanges SETUP unless it was told not to. */
  static async dial(server: QuicServerAddress, options: DialOptions = {}): Promise<ScriptedPeer> {
    const { draft = referenceDraft, protocol = draft.protocol } = options;
    const connection = await dialRelay(server, protocol, options);
    const peer = await ScriptedPeer.connect(connection, options);
    if (options.setup !== false) await peer.theirSetup();
    return peer;
  }

  /** Opens a unidirectional stream with these bytes and takes it for the control stream. */
  async openControl(bytes: Uint8Array): Promise<OutgoingStream> {
    const stream = await this.openStream(bytes);
    this.control.resolve(stream);
    return stream;
  }

  /** Sends a message on our control stream. */
  async sendControl(message: ControlMessage): Promise<void> {
    await (await this.control.promise).write(this.draft.control.encode(message));
  }

  /** What the other side's SETUP says. */
  async theirSetup(): Promise<SetupOptions> {
    return (await this.#theirs.promise).setup;
  }

  /** The next message on the other side's control stream after its SETUP, which must be of this kind. */
  async expectControl<K extends ControlKind>(kind: K): Promise<ControlMessageOf<K>> {
    const message = await (await this.#theirs.promise).control.messageOrEnd();
    assert.ok(message !== undefined, "The control stream ended");
    return ofKind(message, kind);
  }

  /** The id of our next request, which is then taken. */
  takeRequestId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }

  /** Opens a request stream with this message, under our next request id unless it has one. */
  async request(message: RequestMessage): Promise<RequestStream> {
    const requestId = message.requestId ?? this.takeRequestId();
    return await this.openRequest(this.draft.control.encode({ ...message, requestId }));
  }

  /** Opens a bidirectional stream with whatever bytes. */
  async openRequest(bytes: Uint8Array): Promise<RequestStream> {
    const request = new RequestStream(await this.connection.openBidi(), this.draft);
    if (bytes.length > 0) await request.outgoing.write(bytes);
    return request;
  }

  /** The next bidirectional stream that the other side opens; nothing of it is read. */
  async acceptRequest(): Promise<RequestStream> {
    const stream = await this.connection.acceptBidi();
    assert.ok(stream !== undefined, "The connection ended before a request came");
    return new RequestStream(stream, this.draft);
  }

  /** The next request of the other side, whose first message must be of this kind. */
  async expectRequest<K extends ControlKind>(
    kind: K,
  ): Promise<{ readonly request: RequestStream; readonly message: ControlMessageOf<K> }> {
    const request = await this.acceptRequest();
    return { request, message: await request.expect(kind) };
  }

  /** Opens a unidirectional stream with whatever bytes. */
  async openStream(bytes: Uint8Array): Promise<OutgoingStream> {
    const stream = new OutgoingStream(await this.connection.openUni(), this.draft);
    if (bytes.length > 0) await stream.write(bytes);
    return stream;
  }

  /**
   * The next unidirectional stream of the other side, the control stream aside, in the order in
   * which they said their type. Nothing behind the type is read.
   */
  async nextStream(): Promise<TypedStream<StreamDraft>> {
    const stream = await this.#streams.next();
    assert.ok(stream !== undefined, "The connection ended before a stream came");
    return stream;
  }

  /** Hands over every stream that comes, until the connection ends; when nothing is said each is read to its end. */
  async readStreams(
    read: (stream: TypedStream<StreamDraft>) => void = (stream) =>
      void stream.whole().catch(() => {}),
  ): Promise<void> {
    for (;;) {
      const stream = await this.#streams.next();
      if (stream === undefined) return;
      read(stream);
    }
  }

  /** Does something with the peer; that it fails because the connection is over is no failure. */
  async whileConnected(act: () => Promise<unknown>): Promise<void> {
    let isOver = false;
    void this.closed.then(() => isOver = true);
    try {
      await act();
    } catch (error) {
      // What fails first may be what is told first.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      if (!isOver) throw error;
    }
  }

  /** Sends a datagram; false when it was not even sent. */
  sendDatagram(bytes: Uint8Array): boolean {
    return this.connection.sendDatagram(bytes);
  }

  /** The next datagram of the other side. */
  async nextDatagram(): Promise<Uint8Array> {
    const bytes = await this.connection.receiveDatagram();
    assert.ok(bytes !== undefined, "The connection ended before a datagram came");
    return bytes;
  }

  /** How the connection ended: code, reason and by whom. */
  get closed(): Promise<CloseInfo> {
    return this.connection.closed;
  }

  /** Ends the connection. */
  close(code = 0, reason = ""): void {
    this.connection.close(code, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  async #acceptStreams(): Promise<void> {
    for (;;) {
      const stream = await this.connection.acceptUni();
      if (stream === undefined) return;
      // A stream that ends before it has a type is of no interest, and neither is how it failed.
      typed(new IncomingStream(stream, this.draft)).then((stream) => {
        if (stream?.type === SETUP) this.#theirs.resolve(readSetup(stream));
        else if (stream !== undefined) this.#streams.push(stream);
      }, () => {});
    }
  }
}

/** Reads SETUP, which begins with the type of its stream. */
async function readSetup(control: IncomingStream<StreamDraft>) {
  control.input.start = 0;
  const { options: setup } = ofKind((await control.messageOrEnd())!, "setup");
  return { control, setup };
}

/** A namespace written with slashes; the empty text is the empty namespace. */
export function namespaceOf(path: string): Namespace {
  const fields = path.split("/").filter((field) => field !== "");
  return fields.map((field) => new TextEncoder().encode(field));
}

/** A track's name, its namespace written with slashes. */
export function trackOf(path: string, name: string): FullTrackName {
  return { namespace: namespaceOf(path), name: new TextEncoder().encode(name) };
}
