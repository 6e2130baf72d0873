import {
  type ControlMessage,
  type DraftVersion,
  type FetchOk,
  type FetchOptions,
  type JoiningFetchOptions,
  type MoqtObject,
  type PublishDone,
  type PublishNamespaceOk,
  type RequestOk,
  type SetupOptions,
  type SubscribeOk,
  type SubscribeOptions,
  varint,
} from "@moqt/transport";
import { MoqtConnection, type WebTransportLike } from "@moqt/webtransport";
import { Queue } from "./queue.ts";

/** The peer answered a request with REQUEST_ERROR. */
export class RequestRefused extends Error {
  readonly code: bigint;

  constructor(code: bigint, reason: string) {
    super(`Request refused with code ${code}: ${reason}`);
    this.code = code;
  }
}

/** A range of a track that was asked for. */
export interface MoqtFetch<Ok = FetchOk> {
  readonly requestId: bigint;
  readonly ok: Ok;
  /** The next object, or mark of what is not there; undefined at the end. */
  next(): Promise<MoqtObject | undefined>;
}

/** A track as it arrives, which ends when PUBLISH_DONE came and every stream of it has ended. */
export interface MoqtSubscription extends MoqtFetch<SubscribeOk> {
  /** Resolves with PUBLISH_DONE. */
  readonly done: Promise<PublishDone>;
  unsubscribe(): Promise<void>;
}

/** Answers that carry the id of their request once the library has added it. */
type Reply = SubscribeOk | FetchOk | RequestOk | PublishNamespaceOk;

/**
 * `@moqt/transport`, with its callbacks turned into promises and queues: what a request
 * was answered, what arrived for it. Names are strings; a namespace is written with slashes.
 */
export class MoqtClient {
  /** The library's own connection, for everything that this class does not wrap. */
  readonly connection: MoqtConnection;
  // By id of a request, or by alias: whoever asks for one first makes it, we or what arrives.
  readonly #replies = new Map<bigint, PromiseWithResolvers<Reply>>();
  readonly #tracks = new Map<bigint, IncomingTrack>();
  readonly #fetches = new Map<bigint, Queue<MoqtObject>>();
  readonly #namespaces = new Map<bigint, Queue<NamespaceEvent>>();
  readonly #streams = new Map<bigint, Sink>();
  readonly #closed = Promise.withResolvers<{ code: number; reason: string }>();

  private constructor(draft: DraftVersion) {
    this.connection = new MoqtConnection(draft);
    this.connection.onMessage = (message) => this.#receive(message);
    this.connection.onDataStream = (id, stream) => {
      const sink = stream.type === "fetch"
        ? this.#fetches.getOrInsertComputed(stream.header.requestId, newQueue)
        : this.#track(stream.header.trackAlias).open();
      this.#streams.set(id, sink);
    };
    this.connection.onObject = (id, object) => this.#streams.get(id)?.push(object);
    this.connection.onStreamClosed = (id) => {
      this.#streams.get(id)?.end();
      this.#streams.delete(id);
    };
    this.connection.onDatagram = (datagram) => {
      // Marks of the ends of groups and tracks are nothing that a test waits for.
      if (datagram.status) return;
      const { trackAlias, groupId, objectId, publisherPriority, payload } = datagram;
      const at = { trackAlias, groupId, objectId, subgroupId: objectId };
      this.#track(trackAlias).objects.push({ kind: "data", ...at, publisherPriority, payload });
    };
    this.connection.onNamespaceMessage = (id, message) => {
      // In draft 16 the answer comes here too.
      if (message.type === "REQUEST_OK") return this.#pending(id).resolve(message);
      if (message.type !== "NAMESPACE" && message.type !== "NAMESPACE_DONE") return;
      const path = toPath(message.trackNamespaceSuffix);
      const queue = this.#namespaces.getOrInsertComputed(id, newQueue);
      queue.push({ path, active: message.type === "NAMESPACE" });
    };
    this.connection.onClose = (code = 0, reason = "") => this.#close(code, reason);
  }

  /** Exchanges SETUP, of draft 18 when nothing is said. */
  static async connect(
    transport: WebTransportLike,
    draft: DraftVersion = 18,
    setup: Pick<SetupOptions, "authTokens"> = {},
  ): Promise<MoqtClient> {
    const client = new MoqtClient(draft);
    await client.connection.connect(transport, {
      ...setup,
      implementation: "moqt-js",
      // Older drafts count requests, and the library lets the peer begin none by itself.
      ...(draft < 18 && { maxRequestId: varint(1_000) }),
    });
    return client;
  }

  /** How the peer ended the session. */
  get closed(): Promise<{ code: number; reason: string }> {
    return this.#closed.promise;
  }

  /** Announces a namespace; the request id withdraws it again. */
  async publishNamespace(path: string): Promise<bigint> {
    const requestId = await this.connection.publishNamespace(fromPath(path));
    await this.#reply(requestId);
    return requestId;
  }

  /** Asks to be told which namespaces begin with this prefix. */
  async subscribeNamespace(prefix: string): Promise<Queue<NamespaceEvent>> {
    // Draft 16 says whether namespaces (1) or tracks (0) are wanted.
    const options = this.connection.draftVersion === 16 ? [varint(1)] : [];
    const requestId = await this.connection.subscribeNamespace(fromPath(prefix), ...options);
    await this.#reply(requestId);
    return this.#namespaces.getOrInsertComputed(requestId, newQueue);
  }

  /** Subscribes; rejects with {@linkcode RequestRefused}. */
  async subscribe(
    path: string,
    track: string,
    options: SubscribeOptions = {},
  ): Promise<MoqtSubscription> {
    // Streams that PUBLISH_DONE overtakes are delivered too.
    const all = { ...options, terminalDelivery: "drain" } as const;
    const requestId = await this.connection.subscribe(fromPath(path), encode(track), all);
    const ok = await this.#reply<SubscribeOk>(requestId);
    const incoming = this.#track(ok.trackAlias);
    incoming.requestId = requestId;
    return {
      requestId,
      ok,
      done: incoming.done.promise,
      next: () => incoming.objects.next(),
      unsubscribe: () => this.connection.unsubscribe(requestId),
    };
  }

  /** Fetches a range of a track. The end's object is one past the last, 0 for the whole group. */
  fetch(path: string, track: string, range: FetchOptions): Promise<MoqtFetch> {
    return this.#fetch(this.connection.fetch(fromPath(path), encode(track), range));
  }

  /** Fetches what came before a subscription. */
  joiningFetch(options: JoiningFetchOptions): Promise<MoqtFetch> {
    return this.#fetch(this.connection.joiningFetch(options));
  }

  /** Ends the session. */
  close(): Promise<void> {
    return this.connection.close();
  }

  async #fetch(sent: Promise<bigint>): Promise<MoqtFetch> {
    const requestId = await sent;
    const objects = this.#fetches.getOrInsertComputed(requestId, newQueue);
    const ok = await this.#reply<FetchOk>(requestId);
    return { requestId, ok, next: () => objects.next() };
  }

  #reply<T extends Reply>(requestId: bigint): Promise<T> {
    return this.#pending(requestId).promise as Promise<T>;
  }

  #pending(requestId: bigint): PromiseWithResolvers<Reply> {
    return this.#replies.getOrInsertComputed(requestId, () => {
      const pending = Promise.withResolvers<Reply>();
      pending.promise.catch(() => {});
      return pending;
    });
  }

  #track(alias: bigint): IncomingTrack {
    return this.#tracks.getOrInsertComputed(alias, () => new IncomingTrack());
  }

  #receive(message: ControlMessage): void {
    switch (message.type) {
      case "SUBSCRIBE_OK":
      case "FETCH_OK":
      case "REQUEST_OK":
      case "PUBLISH_NAMESPACE_OK":
        return this.#pending(message.requestId).resolve(message);
      case "REQUEST_ERROR":
      case "PUBLISH_NAMESPACE_ERROR": {
        const refused = new RequestRefused(message.errorCode, message.errorReason);
        return this.#pending(message.requestId).reject(refused);
      }
      case "PUBLISH_DONE":
        for (const track of this.#tracks.values()) {
          if (track.requestId === message.requestId) track.end(message);
        }
        return;
      // Draft 14 announces namespaces to whoever asked for a prefix.
      case "PUBLISH_NAMESPACE":
        return this.#announced(message.trackNamespace, true);
      case "PUBLISH_NAMESPACE_DONE":
        return this.#announced(message.trackNamespace ?? [], false);
    }
  }

  #announced(namespace: readonly Uint8Array[], active: boolean): void {
    for (const queue of this.#namespaces.values()) queue.push({ path: toPath(namespace), active });
  }

  #close(code: number, reason: string): void {
    this.#closed.resolve({ code, reason });
    const lost = new Error(`The session was closed with code ${code}: ${reason}`);
    for (const pending of this.#replies.values()) pending.reject(lost);
    for (const track of this.#tracks.values()) track.objects.end();
    for (const queue of this.#fetches.values()) queue.end();
    for (const queue of this.#namespaces.values()) queue.end();
  }
}

/** A namespace came or went, relative to the prefix that was asked for. */
export interface NamespaceEvent {
  readonly path: string;
  readonly active: boolean;
}

/** The library's form of a namespace that is written with slashes. */
function fromPath(path: string): Uint8Array[] {
  return path === "" ? [] : path.split("/").map(encode);
}

/** A namespace written with slashes. */
export function toPath(namespace: readonly Uint8Array[]): string {
  return namespace.map((field) => new TextDecoder().decode(field)).join("/");
}

/** UTF-8. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function newQueue<T>(): Queue<T> {
  return new Queue();
}

/** Where the objects of a stream go. */
type Sink = Pick<Queue<MoqtObject>, "push" | "end">;

/** Ends its queue when PUBLISH_DONE has come and as many streams as it counted have ended. */
class IncomingTrack {
  readonly objects = new Queue<MoqtObject>();
  readonly done = Promise.withResolvers<PublishDone>();
  requestId: bigint | undefined;
  #ended = 0n;
  #expected: bigint | undefined;
  #open = 0;

  /** A stream has begun. */
  open(): Sink {
    this.#open++;
    return {
      push: (object) => this.objects.push(object),
      end: () => {
        this.#open--;
        this.#ended++;
        this.#endWhenComplete();
      },
    };
  }

  end(done: PublishDone): void {
    this.#expected = done.streamCount;
    this.done.resolve(done);
    this.#endWhenComplete();
  }

  #endWhenComplete(): void {
    if (this.#expected === undefined) return;
    const unknown = this.#expected >= 2n ** 62n - 1n;
    if (this.#ended >= this.#expected || (unknown && this.#open === 0)) this.objects.end();
  }
}
