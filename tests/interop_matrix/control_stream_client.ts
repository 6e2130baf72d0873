import {
  type MultiplexedDraft,
  multiplexedDrafts,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
  NO_PROPERTIES,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import type { ReceiveStream } from "../../relay/transport/mod.ts";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { readFetchStream } from "../support/peers/scripted_fetches.ts";
import { SubgroupReader } from "../support/peers/scripted_objects.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { IncomingStream } from "../support/peers/scripted_streams.ts";
import {
  asStreamDraft,
  ControlStreamPublication,
  ControlStreamSubscription,
} from "./control_stream_tracks.ts";
import type {
  MatrixObject,
  MatrixPeer,
  MatrixPublication,
  MatrixSubscription,
  MatrixTrack,
  ScriptedClient,
} from "./client.ts";
import { dialling, EVERYTHING } from "./scripted_client.ts";
import { fetchedObjects, hearSubgroup } from "./scripted_group.ts";

/** Peers that tests script with our own codecs, in every draft with one control stream. */
export const controlStreamClient: ScriptedClient = dialling({
  abilities: (protocol) => multiplexedDraftOf(protocol) && EVERYTHING,
  async over(connection, protocol) {
    const draft = multiplexedDraftOf(protocol)!;
    return new ControlStreamMatrixPeer(await ControlStreamPeer.connect(connection, draft));
  },
});

function multiplexedDraftOf(protocol: string): MultiplexedDraft | undefined {
  return multiplexedDrafts.find((draft) => draft.protocol === protocol);
}

type Reply = MultiplexedMessageOf<"requestOk" | "subscribeOk" | "fetchOk">;

class ControlStreamMatrixPeer implements MatrixPeer {
  readonly #peer: ControlStreamPeer;
  readonly #replies = new Map<bigint, PromiseWithResolvers<Reply>>();
  readonly #publications = new Map<string, ControlStreamPublication>();
  // By alias; the first stream of a track may overtake the answer that says its alias.
  readonly #subscriptions = new Map<bigint, PromiseWithResolvers<ControlStreamSubscription>>();
  readonly #fetches = new Map<bigint, PromiseWithResolvers<MatrixObject[]>>();
  #nextId = 0n;

  constructor(peer: ControlStreamPeer) {
    this.#peer = peer;
    peer.listen((message) => this.#hear(message)).catch(() => {});
    this.#accept().catch(() => {});
  }

  async publish({ path, name }: MatrixTrack): Promise<MatrixPublication> {
    const publication = new ControlStreamPublication(this.#peer);
    this.#publications.set(name, publication);
    const namespace = namespaceOf(path);
    await this.#ask((requestId) => ({
      kind: "publishNamespace",
      requestId,
      namespace,
      parameters: {},
    }));
    return publication;
  }

  async subscribe({ path, name }: MatrixTrack): Promise<MatrixSubscription> {
    const track = trackOf(path, name);
    const ok = await this.#ask((requestId) => ({
      kind: "subscribe",
      requestId,
      track,
      parameters: {},
    }));
    if (ok.kind !== "subscribeOk") throw new Error(`SUBSCRIBE was answered with ${ok.kind}`);
    const { requestId, alias } = ok;
    const subscription = new ControlStreamSubscription(requestId, () => {
      this.#subscriptions.delete(alias);
      this.#peer.say({ kind: "unsubscribe", requestId });
    });
    this.#subscription(alias).resolve(subscription);
    return subscription;
  }

  async fetch({ path, name }: MatrixTrack, first: number, last: number) {
    const came = Promise.withResolvers<MatrixObject[]>();
    const range = {
      type: "standalone" as const,
      track: trackOf(path, name),
      start: { group: BigInt(first), object: 0n },
      end: { group: BigInt(last), object: WHOLE_GROUP },
    };
    await this.#ask((requestId) => {
      this.#fetches.set(requestId, came);
      return { kind: "fetch", requestId, range, parameters: {} };
    });
    return await came.promise;
  }

  close(): Promise<void> {
    this.#peer.connection.close(0, "");
    return Promise.resolve();
  }

  /** Sends a request, and waits for what it is answered. */
  #ask(request: (id: bigint) => MultiplexedMessage): Promise<Reply> {
    const id = this.#nextId;
    this.#nextId += 2n;
    const reply = Promise.withResolvers<Reply>();
    this.#replies.set(id, reply);
    this.#peer.say(request(id));
    return reply.promise;
  }

  async #hear(message: MultiplexedMessage): Promise<void> {
    switch (message.kind) {
      case "requestOk":
      case "subscribeOk":
      case "fetchOk":
        return this.#replies.get(message.requestId)?.resolve(message);
      case "requestError": {
        const { requestId, code, reason } = message;
        return this.#replies.get(requestId)?.reject(new Error(`Refused: ${code} "${reason}"`));
      }
      case "subscribe":
        return this.#serve(message);
      case "unsubscribe":
        for (const publication of this.#publications.values()) {
          publication.drop(message.requestId);
        }
        return;
      case "requestUpdate":
        if (!this.#peer.draft.requests.answersUpdates) return;
        return this.#agree(message.requestId, "requestUpdate");
      case "publishDone":
        for (const { promise } of this.#subscriptions.values()) {
          const subscription = await promise;
          if (subscription.requestId === message.requestId) subscription.end();
        }
    }
  }

  #serve({ requestId, track }: MultiplexedMessageOf<"subscribe">): void {
    const publication = this.#publications.get(new TextDecoder().decode(track.name));
    if (publication !== undefined) return publication.serve(requestId);
    this.#peer.say({
      kind: "requestError",
      requestId,
      to: "subscribe",
      code: "does_not_exist",
      retryAfter: 0n,
      reason: "",
    });
  }

  #agree(requestId: bigint, to: "requestUpdate"): void {
    const empty = { parameters: {}, properties: NO_PROPERTIES };
    this.#peer.say({ kind: "requestOk", requestId, to, ...empty });
  }

  async #accept(): Promise<void> {
    for (;;) {
      const stream = await this.#peer.connection.acceptUni();
      if (stream === undefined) return;
      this.#read(stream).catch(() => {});
    }
  }

  async #read(receive: ReceiveStream): Promise<void> {
    const incoming = new IncomingStream(receive, asStreamDraft(this.#peer.draft));
    const stream = Object.assign(incoming, { type: await incoming.varint() });
    if (stream.type === FETCH_STREAM) {
      const { requestId, items } = await readFetchStream(stream);
      return this.#fetches.get(requestId)?.resolve(fetchedObjects(items));
    }
    const reader = await SubgroupReader.of(stream);
    const { events } = await this.#subscription(reader.header.alias).promise;
    await hearSubgroup(reader, events);
  }

  #subscription(alias: bigint): PromiseWithResolvers<ControlStreamSubscription> {
    const known = this.#subscriptions.get(alias) ??
      Promise.withResolvers<ControlStreamSubscription>();
    this.#subscriptions.set(alias, known);
    return known;
  }
}

const FETCH_STREAM = 0x05n;
