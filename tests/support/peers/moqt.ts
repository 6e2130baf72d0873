import {
  type ControlMessage,
  type DraftVersion,
  type FetchOptions,
  type SetupOptions,
  type SubscribeOk,
  type SubscribeOptions,
  varint,
} from "@moqt/transport";
import { MoqtConnection, type WebTransportLike } from "@moqt/webtransport";
import type { WatchedObject } from "./peer.ts";
import { Queue } from "./queue.ts";

/** The peer answered a request with REQUEST_ERROR. */
export class RequestRefused extends Error {
  readonly code: bigint;

  constructor(code: bigint, reason: string) {
    super(`Request refused with code ${code}: ${reason}`);
    this.code = code;
  }
}

/** A namespace came or went, relative to the prefix that was asked for. */
type NamespaceEvent = { readonly path: string; readonly active: boolean };

/**
 * `@moqt/transport`, with its callbacks turned into promises and queues: what a request
 * was answered, what arrived for it. Names are strings; a namespace is written with slashes.
 */
export class MoqtClient {
  /** The library's own connection, for everything that this class does not wrap. */
  readonly connection: MoqtConnection;
  // By id of a request, or by alias: whoever asks for one first makes it, we or what arrives.
  readonly #replies = new Map<bigint, PromiseWithResolvers<void>>();
  readonly #tracks = new Map<bigint, MoqtObjects>();
  readonly #fetches = new Map<bigint, MoqtObjects>();
  readonly #namespaces = new Map<bigint, Queue<NamespaceEvent>>();
  readonly #streams = new Map<bigint, MoqtObjects>();
  readonly #closed = Promise.withResolvers<void>();
  /** Resolves when the peer has ended the session. */
  readonly closed: Promise<void> = this.#closed.promise;

  constructor(draft: DraftVersion = 18) {
    this.connection = new MoqtConnection(draft);
    this.connection.onMessage = (message) => this.#receive(message);
    this.connection.onDataStream = (id, stream) => {
      const objects = stream.type === "fetch"
        ? this.#fetched(stream.header.requestId)
        : this.#track(stream.header.trackAlias);
      this.#streams.set(id, objects);
    };
    this.connection.onObject = (id, object) => {
      // What is not there is nothing that a test waits for, like the marks of ends below.
      if (object.kind === "data") this.#streams.get(id)?.add(object);
    };
    this.connection.onStreamClosed = (id) => {
      this.#streams.get(id)?.streamEnded();
      this.#streams.delete(id);
    };
    this.connection.onDatagram = (datagram) => {
      if (!datagram.status) this.#track(datagram.trackAlias).add(datagram);
    };
    this.connection.onNamespaceMessage = (id, message) => {
      // In draft 16 the answer comes here too.
      if (message.type === "REQUEST_OK") return this.#pending(id).resolve();
      if (message.type !== "NAMESPACE" && message.type !== "NAMESPACE_DONE") return;
      const path = toPath(message.trackNamespaceSuffix);
      const queue = this.#namespaces.getOrInsertComputed(id, newQueue);
      queue.push({ path, active: message.type === "NAMESPACE" });
    };
    this.connection.onClose = (code = 0, reason = "") => this.#close(code, reason);
  }

  /** Exchanges SETUP. */
  async connect(
    transport: WebTransportLike,
    setup: Pick<SetupOptions, "authTokens"> = {},
  ): Promise<this> {
    await this.connection.connect(transport, {
      ...setup,
      implementation: "moqt-js",
      // Older drafts count requests, and the library lets the peer begin none by itself.
      ...(this.connection.draftVersion < 18 && { maxRequestId: varint(1_000) }),
    });
    return this;
  }

  /** Announces a namespace; the request id withdraws it again. */
  publishNamespace(path: string): Promise<bigint> {
    return this.#agreed(this.connection.publishNamespace(fromPath(path)));
  }

  /** Asks to be told which namespaces begin with this prefix. */
  async subscribeNamespace(prefix: string): Promise<Queue<NamespaceEvent>> {
    // Draft 16 says whether namespaces (1) or tracks (0) are wanted.
    const options = this.connection.draftVersion === 16 ? [varint(1)] : [];
    const sent = this.connection.subscribeNamespace(fromPath(prefix), ...options);
    return this.#namespaces.getOrInsertComputed(await this.#agreed(sent), newQueue);
  }

  /** Subscribes; rejects with {@linkcode RequestRefused}. */
  async subscribe(
    path: string,
    track: string,
    options: SubscribeOptions = {},
  ): Promise<MoqtObjects> {
    // Streams that PUBLISH_DONE overtakes are delivered too.
    const all = { ...options, terminalDelivery: "drain" } as const;
    const sent = this.connection.subscribe(fromPath(path), encode(track), all);
    return this.#subscription(await this.#agreed(sent))!;
  }

  /** Fetches a range of a track. The end's object is one past the last, 0 for the whole group. */
  async fetch(path: string, track: string, range: FetchOptions): Promise<MoqtObjects> {
    const sent = this.connection.fetch(fromPath(path), encode(track), range);
    return this.#fetched(await this.#agreed(sent));
  }

  /** Fetches the group of a subscription from its start, up to where the subscription began. */
  async joiningFetch(joiningRequestId: bigint): Promise<MoqtObjects> {
    const options = { joiningFetchType: "relative", joiningRequestId, joiningStart: 0n } as const;
    return this.#fetched(await this.#agreed(this.connection.joiningFetch(options)));
  }

  /** Ends the session. */
  close(): Promise<void> {
    return this.connection.close();
  }

  /** The id of a request that was sent, once the relay has agreed to it. */
  async #agreed(sent: Promise<bigint>): Promise<bigint> {
    const requestId = await sent;
    await this.#pending(requestId).promise;
    return requestId;
  }

  #pending(requestId: bigint): PromiseWithResolvers<void> {
    return this.#replies.getOrInsertComputed(requestId, () => {
      const pending = Promise.withResolvers<void>();
      pending.promise.catch(() => {});
      return pending;
    });
  }

  #track(alias: bigint): MoqtObjects {
    return this.#tracks.getOrInsertComputed(alias, () => new MoqtObjects());
  }

  #subscription(requestId: bigint): MoqtObjects | undefined {
    return this.#tracks.values().find(({ ok }) => ok?.requestId === requestId);
  }

  #fetched(requestId: bigint): MoqtObjects {
    return this.#fetches.getOrInsertComputed(requestId, () => new MoqtObjects(1n));
  }

  #receive(message: ControlMessage): void {
    switch (message.type) {
      case "SUBSCRIBE_OK":
        this.#track(message.trackAlias).ok = message;
        return this.#pending(message.requestId).resolve();
      case "FETCH_OK":
      case "REQUEST_OK":
      case "PUBLISH_NAMESPACE_OK":
        return this.#pending(message.requestId).resolve();
      case "REQUEST_ERROR":
      case "PUBLISH_NAMESPACE_ERROR": {
        const refused = new RequestRefused(message.errorCode, message.errorReason);
        return this.#pending(message.requestId).reject(refused);
      }
      case "PUBLISH_DONE":
        return this.#subscription(message.requestId)?.publishDone(message.streamCount);
      // Draft 14 announces namespaces to whoever asked for a prefix.
      case "PUBLISH_NAMESPACE":
      case "PUBLISH_NAMESPACE_DONE": {
        const path = toPath(message.trackNamespace ?? []);
        const event = { path, active: message.type === "PUBLISH_NAMESPACE" };
        for (const queue of this.#namespaces.values()) queue.push(event);
      }
    }
  }

  #close(code: number, reason: string): void {
    this.#closed.resolve();
    const lost = new Error(`The session was closed with code ${code}: ${reason}`);
    for (const pending of this.#replies.values()) pending.reject(lost);
    for (const queues of [this.#tracks, this.#fetches, this.#namespaces]) {
      for (const queue of queues.values()) queue.end();
    }
  }
}

/** What is used of an object, however it came. */
type LibraryObject = Readonly<Record<"groupId" | "objectId", bigint>> & { payload: Uint8Array };

/** Objects as they arrive; they end when as many streams have ended as there are. */
export class MoqtObjects extends Queue<WatchedObject> {
  /** What SUBSCRIBE was answered. */
  ok!: SubscribeOk;
  readonly #done = Promise.withResolvers<void>();
  /** Resolves with PUBLISH_DONE. */
  readonly done: Promise<void> = this.#done.promise;
  #streams: bigint | undefined;
  #ended = 0n;

  /** Of a subscription PUBLISH_DONE says how many streams there are. */
  constructor(streams?: bigint) {
    super();
    this.#streams = streams;
  }

  /** An object of the library's has come. */
  add({ groupId, objectId, payload }: LibraryObject): void {
    this.push({ group: Number(groupId), object: Number(objectId), payload });
  }

  publishDone(streams: bigint): void {
    this.#streams = streams;
    this.#done.resolve();
    if (this.#ended >= streams) this.end();
  }

  streamEnded(): void {
    this.#ended++;
    if (this.#streams !== undefined && this.#ended >= this.#streams) this.end();
  }
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
