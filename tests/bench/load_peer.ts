import {
  type ControlMessage,
  type ControlMessageOf,
  type FullTrackName,
  type StreamDraft,
} from "@qumo/shared/wire";
import { MAX_FRAME_BYTES, readMessage } from "../../relay/session/framing.ts";
import { Input } from "../../relay/session/input.ts";
import { QuicConnection } from "../../relay/transport/quic_connection.ts";
import {
  type BidiStream,
  type Connection,
  type ReceiveStream,
  URGENT,
} from "../../relay/transport/mod.ts";
import type { ServerAddress } from "./server_process.ts";
import { connectWebSocket } from "../support/transport/websocket_client.ts";
import { SubgroupMeter } from "./subgroup_meter.ts";
import { referenceDraft } from "../support/reference_draft.ts";

// Several objects of the sizes that are measured, and still little memory for hundreds of streams.
const READ_BYTES = 16_384;

/** How a peer connects, where it is not as usual. */
export interface PeerOptions {
  /** How many groups the server may have open to it. */
  readonly maxUniStreams?: number;
  /** What it speaks. */
  readonly draft?: StreamDraft;
  /** Over TCP instead of QUIC. */
  readonly isWebSocket?: boolean;
}

/** A MoQT client with as little of its own as possible, so that what is measured is the server. */
export class LoadPeer {
  readonly connection: Connection;
  readonly #endpoint: Deno.QuicEndpoint | undefined;
  readonly #draft: StreamDraft;
  #nextRequestId = 0n;

  private constructor(
    connection: Connection,
    draft: StreamDraft,
    endpoint?: Deno.QuicEndpoint,
  ) {
    this.connection = connection;
    this.#endpoint = endpoint;
    this.#draft = draft;
  }

  /**
   * Connects over raw QUIC as a rule, from a socket of its own as clients do: a burst to a shared one overflows
   * it.
   */
  static async connect(
    server: ServerAddress,
    { maxUniStreams = 512, draft = referenceDraft, isWebSocket }: PeerOptions = {},
  ): Promise<LoadPeer> {
    if (isWebSocket) {
      const protocols = [`qmux-02.${draft.protocol}`];
      const target = { port: server.port, protocols };
      const { connection } = await connectWebSocket(target, { maxUniStreams });
      return new LoadPeer(connection, draft);
    }
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    // Deno knows `serverCertificateHashes`, its types do not.
    const options = {
      endpoint,
      hostname: "127.0.0.1",
      port: server.port,
      alpnProtocols: [draft.protocol],
      serverCertificateHashes: [{
        algorithm: "sha-256",
        value: Uint8Array.fromHex(server.certificateHash),
      }],
      keepAliveInterval: 4000,
      maxIdleTimeout: 15_000,
      maxConcurrentUnidirectionalStreams: maxUniStreams,
    };
    const connection = new QuicConnection(await Deno.connectQuic<false>(options));
    return new LoadPeer(connection, draft, endpoint);
  }

  /** Says hello, and refuses whatever the other side asks for, unless `answer` says otherwise. */
  async setUp(answer?: (message: ControlMessage) => ControlMessage | undefined): Promise<void> {
    const control = await this.connection.openUni();
    control.priority = URGENT;
    const options = { implementation: "qumo-bench" };
    await control.write(this.#draft.control.encode({ kind: "setup", options }));
    void this.#answerRequests(answer ?? (() => undefined));
  }

  /** Announces a namespace. */
  async publishNamespace(namespace: readonly Uint8Array[]): Promise<void> {
    const requestId = this.#requestId();
    await this.#request(
      { kind: "publishNamespace", requestId, namespace, parameters: {} },
      "requestOk",
    );
  }

  /** Subscribes to a track; resolves when the other side agreed. */
  async subscribe(track: FullTrackName): Promise<void> {
    const parameters = { filter: { type: "largest_object" } } as const;
    const requestId = this.#requestId();
    await this.#request({ kind: "subscribe", requestId, track, parameters }, "subscribeOk");
  }

  /** Reads every stream that comes, until the connection ends. */
  async receive(arrived: (stamp: number) => void): Promise<void> {
    for (;;) {
      const stream = await this.connection.acceptUni();
      if (stream === undefined) return;
      readStream(stream, new SubgroupMeter(arrived, this.#draft)).catch(() => {});
    }
  }

  /** Leaves. */
  close(): void {
    this.connection.close(0, "");
    void this.connection.closed.then(() => this.#endpoint?.close());
  }

  async #request<K extends "requestOk" | "subscribeOk">(
    message: ControlMessage,
    expected: K,
  ): Promise<ControlMessageOf<K>> {
    const { send, receive } = await this.connection.openBidi();
    await send.write(this.#draft.control.encode(message));
    const input = new Input(receive, MAX_FRAME_BYTES, { codes: this.#draft.streamCodes });
    const answer = await readMessage(input, this.#draft);
    if (answer?.kind === expected) return answer as ControlMessageOf<K>;
    const reason = answer?.kind === "requestError" ? answer.reason : answer?.kind;
    throw new Error(`${message.kind} was not accepted: ${reason}`);
  }

  async #answerRequests(
    answer: (message: ControlMessage) => ControlMessage | undefined,
  ): Promise<void> {
    for (;;) {
      const request = await this.connection.acceptBidi();
      if (request === undefined) return;
      answerRequest(request, this.#draft, answer).catch(() => {});
    }
  }

  #requestId(): bigint {
    const id = this.#nextRequestId;
    this.#nextRequestId += 2n;
    return id;
  }
}

async function answerRequest(
  { send, receive }: BidiStream,
  draft: StreamDraft,
  answer: (message: ControlMessage) => ControlMessage | undefined,
): Promise<void> {
  const input = new Input(receive, MAX_FRAME_BYTES, { codes: draft.streamCodes });
  for (;;) {
    const message = await readMessage(input, draft);
    if (message === undefined) return;
    await send.write(draft.control.encode(answer(message) ?? REFUSAL));
  }
}

async function readStream(stream: ReceiveStream, meter: SubgroupMeter): Promise<void> {
  let bytes = new Uint8Array(READ_BYTES);
  let kept = 0;
  for (;;) {
    const filled = await stream.read(bytes.subarray(kept));
    if (filled === undefined) return;
    bytes = new Uint8Array(filled.buffer);
    const end = kept + filled.length;
    const taken = meter.take(bytes, end);
    kept = end - taken;
    if (kept > 0) bytes.copyWithin(0, taken, end);
  }
}

const REFUSAL: ControlMessage = {
  kind: "requestError",
  code: "does_not_exist",
  retryAfter: 0n,
  reason: "only a bench",
};
