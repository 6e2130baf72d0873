import {
  type MultiplexedDraft,
  multiplexedDrafts,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
  NO_PROPERTIES,
} from "@qumo/shared/wire";
import type { ReceiveStream } from "../../relay/transport/mod.ts";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { IncomingStream, typed } from "../support/peers/scripted_streams.ts";
import type {
  MatrixPeer,
  MatrixPublication,
  MatrixSubscription,
  MatrixTrack,
  ScriptedClient,
} from "./client.ts";
import { dialling, EVERYTHING } from "./scripted_client.ts";
import { Arrivals, rangeOfGroups, ScriptedPublication } from "./scripted_tracks.ts";

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
  // By the ids of their requests.
  readonly #ends = new Map<bigint, PromiseWithResolvers<void>>();
  readonly #arrivals = new Arrivals();
  #nextId = 0n;

  constructor(peer: ControlStreamPeer) {
    this.#peer = peer;
    this.#listen().catch(() => {});
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
    const events = this.#arrivals.events(alias);
    return {
      next: () => events.next(),
      ended: () => this.#end(requestId).promise,
      stop: () => {
        this.#arrivals.forget(alias);
        return Promise.resolve(this.#peer.say({ kind: "unsubscribe", requestId }));
      },
    };
  }

  async fetch({ path, name }: MatrixTrack, first: number, last: number) {
    const range = rangeOfGroups(trackOf(path, name), first, last);
    const { requestId } = await this.#ask((requestId) => ({
      kind: "fetch",
      requestId,
      range,
      parameters: {},
    }));
    return await this.#arrivals.fetched(requestId);
  }

  close(): Promise<void> {
    return Promise.resolve(this.#peer.connection.close(0, ""));
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

  #end(requestId: bigint): PromiseWithResolvers<void> {
    return this.#ends.getOrInsertComputed(requestId, () => Promise.withResolvers());
  }

  async #listen(): Promise<void> {
    for await (const message of this.#peer.incoming.messages()) this.#hear(message);
  }

  #hear(message: MultiplexedMessage): void {
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
        return this.#end(message.requestId).resolve();
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
    const stream = await typed(new IncomingStream(receive, this.#peer.draft));
    if (stream !== undefined) await this.#arrivals.read(stream);
  }
}

/** Its subscribers are known by the ids of their requests. */
class ControlStreamPublication extends ScriptedPublication<bigint> {
  readonly #peer: ControlStreamPeer;

  constructor(peer: ControlStreamPeer) {
    // Draft 14 has no default for the priority.
    const { connection, draft } = peer;
    super({ connection, draft }, { priority: 128 });
    this.#peer = peer;
  }

  /** Agrees to a subscription. */
  serve(requestId: bigint): void {
    this.#peer.say({ ...this.agree(), requestId });
    this.subscriber.resolve(requestId);
  }

  /** The subscriber has enough. */
  drop(requestId: bigint): void {
    void this.subscriber.promise.then((served) => {
      if (served === requestId) this.subscriber = Promise.withResolvers();
    });
  }

  async end(): Promise<void> {
    this.#peer.say({
      kind: "publishDone",
      requestId: await this.subscriber.promise,
      code: "track_ended",
      streamCount: this.streams,
      reason: "",
    });
  }
}
