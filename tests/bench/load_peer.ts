import {
  type ControlMessage,
  type ControlMessageOf,
  type FullTrackName,
  type StreamDraft,
} from "@qumo/shared/wire";
import { messageInput, readMessage } from "../../relay/session/framing.ts";
import { type BidiStream, type Connection, URGENT } from "../../relay/transport/mod.ts";
import { BenchClient } from "./bench_client.ts";
import type { ServerAddress } from "./server_process.ts";
import { SubgroupMeter } from "./subgroup_meter.ts";
import { referenceDraft } from "../support/reference_draft.ts";

/** How a peer connects, where it is not as usual. */
export interface PeerOptions {
  /** How many groups the server may have open to it. */
  readonly maxUniStreams?: number | undefined;
  /** What it speaks. */
  readonly draft?: StreamDraft;
  /** Over TCP instead of QUIC. */
  readonly isWebSocket?: boolean | undefined;
  /** A JWT that it shows when it comes. */
  readonly token?: string | undefined;
}

/** A MoQT client with as little of its own as possible, so that what is measured is the server. */
export class LoadPeer {
  readonly connection: Connection;
  readonly #client: BenchClient;
  readonly #draft: StreamDraft;
  readonly #token: string | undefined;
  #nextRequestId = 0n;

  private constructor(client: BenchClient, draft: StreamDraft, token: string | undefined) {
    this.#token = token;
    this.connection = client.connection;
    this.#client = client;
    this.#draft = draft;
  }

  static async connect(
    server: ServerAddress,
    { draft = referenceDraft, token, ...options }: PeerOptions = {},
  ): Promise<LoadPeer> {
    const { protocol } = draft;
    return new LoadPeer(await BenchClient.connect(server, { protocol, ...options }), draft, token);
  }

  /** Says hello, and refuses whatever the other side asks for, unless `answer` says otherwise. */
  async setUp(answer?: (message: ControlMessage) => ControlMessage | undefined): Promise<void> {
    const control = await this.connection.openUni();
    control.priority = URGENT;
    const value = new TextEncoder().encode(this.#token);
    const options = {
      implementation: "qumo-bench",
      ...(this.#token !== undefined &&
        { authorizationTokens: [{ alias: "none", type: 0n, value } as const] }),
    };
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
  receive(arrived: (stamp: number) => void): Promise<void> {
    return this.#client.receive(() => new SubgroupMeter(arrived, this.#draft));
  }

  /** Leaves. */
  close(): void {
    this.#client.close();
  }

  async #request<K extends "requestOk" | "subscribeOk">(
    message: ControlMessage,
    expected: K,
  ): Promise<ControlMessageOf<K>> {
    const { send, receive } = await this.connection.openBidi();
    await send.write(this.#draft.control.encode(message));
    const input = messageInput(receive, this.#draft.streamCodes);
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
  const input = messageInput(receive, draft.streamCodes);
  for (;;) {
    const message = await readMessage(input, draft);
    if (message === undefined) return;
    await send.write(draft.control.encode(answer(message) ?? REFUSAL));
  }
}

const REFUSAL: ControlMessage = {
  kind: "requestError",
  code: "does_not_exist",
  retryAfter: 0n,
  reason: "only a bench",
};
