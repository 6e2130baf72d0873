import { type ControlMessage, draftOf, type Location, type StreamDraft } from "@qumo/shared/wire";
import { type Connection, dial } from "../../relay/transport/mod.ts";
import { Queue } from "../support/peers/queue.ts";
import { readFetchStream } from "../support/peers/scripted_fetches.ts";
import { openSubgroup, SubgroupReader } from "../support/peers/scripted_objects.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import * as requests from "../support/peers/scripted_requests.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { connectWebSocket } from "../support/transport/websocket_client.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import type {
  Abilities,
  MatrixEvent,
  MatrixGroup,
  MatrixObject,
  MatrixPeer,
  MatrixPublication,
  MatrixSubscription,
  MatrixTrack,
  MatrixTransport,
  ScriptedClient,
} from "./client.ts";
import { fetchedObjects, hearSubgroup, ScriptedGroup } from "./scripted_group.ts";

/** What both ends can do where the dialect is MoQT. */
export const EVERYTHING: Abilities = { subgroups: "apart", fetch: true, trackEnd: true };

/** Peers that tests script with our own codecs, in every draft with a stream for each request. */
export const scriptedClient: ScriptedClient = dialling({
  abilities: (protocol) => streamDraftOf(protocol) && EVERYTHING,
  async over(connection, protocol) {
    const peer = await ScriptedPeer.connect(connection, { draft: streamDraftOf(protocol)! });
    await peer.theirSetup();
    return new ScriptedMatrixPeer(peer);
  },
});

/** A scripted client that can call a relay too. */
export function dialling(client: Pick<ScriptedClient, "abilities" | "over">): ScriptedClient {
  return {
    ...client,
    name: "scripted",
    connect: async (server, protocol, transport) =>
      await client.over(await dialAs(server, protocol, transport), protocol),
  };
}

/** Connects by the transport that is asked for, and offers this protocol alone. */
export async function dialAs(
  server: QuicServerAddress,
  protocol: string,
  transport: MatrixTransport,
): Promise<Connection> {
  const { port, certificateHash } = server;
  if (transport === "websocket") {
    const { connection } = await connectWebSocket({ port, protocols: [`qmux-02.${protocol}`] });
    return connection;
  }
  const scheme = transport === "quic" ? "moqt" : "https";
  return await dial(`${scheme}://127.0.0.1:${port}`, {
    protocols: [protocol],
    serverCertificateHashes: [certificateHash.toHex()],
  });
}

function streamDraftOf(protocol: string): StreamDraft | undefined {
  const draft = draftOf(protocol);
  return draft?.family === "B" ? draft : undefined;
}

class ScriptedMatrixPeer implements MatrixPeer {
  readonly #peer: ScriptedPeer;
  readonly #publications = new Map<string, ScriptedPublication>();
  // By alias; the first stream of a track may overtake the answer that says its alias.
  readonly #subscriptions = new Map<bigint, PromiseWithResolvers<ScriptedSubscription>>();
  readonly #fetches = new Map<bigint, PromiseWithResolvers<MatrixObject[]>>();

  constructor(peer: ScriptedPeer) {
    this.#peer = peer;
    this.#answerRequests().catch(() => {});
    peer.readStreams((stream) => void this.#read(stream).catch(() => {})).catch(() => {});
  }

  async publish({ path, name }: MatrixTrack): Promise<MatrixPublication> {
    const publication = new ScriptedPublication(this.#peer);
    this.#publications.set(name, publication);
    await requests.announce(this.#peer, path);
    return publication;
  }

  async subscribe({ path, name }: MatrixTrack): Promise<MatrixSubscription> {
    const request = await requests.subscribe(this.#peer, {}, trackOf(path, name));
    const { alias } = await request.expect("subscribeOk");
    const subscription = new ScriptedSubscription(request, () => this.#subscriptions.delete(alias));
    this.#subscription(alias).resolve(subscription);
    return subscription;
  }

  async fetch({ path, name }: MatrixTrack, first: number, last: number) {
    const came = Promise.withResolvers<MatrixObject[]>();
    const id = this.#peer.takeRequestId();
    this.#fetches.set(id, came);
    const range = {
      type: "standalone" as const,
      track: trackOf(path, name),
      start: { group: BigInt(first), object: 0n },
      end: { group: BigInt(last), object: 2n ** 64n - 1n },
    };
    const request = await this.#peer.request({
      kind: "fetch",
      requestId: id,
      range,
      parameters: {},
    });
    await request.expect("fetchOk");
    return await came.promise;
  }

  close(): Promise<void> {
    this.#peer.close();
    return Promise.resolve();
  }

  async #answerRequests(): Promise<void> {
    for (;;) {
      const request = await this.#peer.acceptRequest();
      request.next().then((message) => this.#answer(request, message)).catch(() => {});
    }
  }

  async #answer(request: RequestStream, message: ControlMessage): Promise<void> {
    if (message.kind === "subscribeNamespace") return await request.sendOk();
    if (message.kind === "subscribe") {
      const name = new TextDecoder().decode(message.track.name);
      const publication = this.#publications.get(name);
      if (publication !== undefined) return await publication.serve(request);
    }
    await request.sendError("does_not_exist");
    await request.finish();
  }

  async #read(stream: Parameters<typeof SubgroupReader.of>[0]): Promise<void> {
    if (stream.type === FETCH_STREAM) {
      const { requestId, items } = await readFetchStream(stream);
      return this.#fetches.get(requestId)?.resolve(fetchedObjects(items));
    }
    const reader = await SubgroupReader.of(stream);
    await hearSubgroup(reader, (await this.#subscription(reader.header.alias).promise).events);
  }

  #subscription(alias: bigint): PromiseWithResolvers<ScriptedSubscription> {
    const known = this.#subscriptions.get(alias);
    if (known !== undefined) return known;
    const awaited = Promise.withResolvers<ScriptedSubscription>();
    this.#subscriptions.set(alias, awaited);
    return awaited;
  }
}

const FETCH_STREAM = 0x05n;

/** A track that is published to the relay's subscription, the newest one when there were several. */
class ScriptedPublication implements MatrixPublication {
  readonly #peer: ScriptedPeer;
  #request = Promise.withResolvers<RequestStream>();
  #alias = 0n;
  #largest: Location | undefined;
  #nextGroup = 0;
  #streams = 0;

  constructor(peer: ScriptedPeer) {
    this.#peer = peer;
  }

  /** Agrees to a subscription. */
  async serve(request: RequestStream): Promise<void> {
    this.#alias++;
    this.#streams = 0;
    const largest = this.#largest;
    await requests.sendSubscribeOk(request, {
      alias: this.#alias,
      ...(largest !== undefined && { largest }),
    });
    this.#request.resolve(request);
    // The relay may change the subscription, or end it.
    for (;;) {
      const message = await request.incoming.messageOrEnd();
      if (message === undefined) break;
      if (message.kind === "requestUpdate") await request.sendOk();
    }
    this.#request = Promise.withResolvers();
  }

  async subscribed(): Promise<void> {
    await this.#request.promise;
  }

  async startGroup(): Promise<MatrixGroup> {
    await this.#request.promise;
    const group = this.#nextGroup++;
    const alias = this.#alias;
    return new ScriptedGroup(group, {
      open: (subgroup, endOfGroup) => {
        this.#streams++;
        const place = { group: BigInt(group), subgroup: BigInt(subgroup) };
        return openSubgroup(this.#peer, { alias, ...place, endOfGroup, firstObject: true });
      },
      wrote: (object) => this.#largest = requests.at(group, object),
    });
  }

  async end(): Promise<void> {
    await requests.publishDone(await this.#request.promise, "track_ended", this.#streams);
  }
}

class ScriptedSubscription implements MatrixSubscription {
  readonly #request: RequestStream;
  readonly #forget: () => void;
  readonly events = new Queue<MatrixEvent>();

  constructor(request: RequestStream, forget: () => void) {
    this.#request = request;
    this.#forget = forget;
  }

  next(): Promise<MatrixEvent | undefined> {
    return this.events.next();
  }

  async stop(): Promise<void> {
    this.#forget();
    this.#request.cancel("cancelled");
    await Promise.resolve();
  }

  /** Reads the request now: the runtime stops no stream that is being read. */
  async ended(): Promise<void> {
    while ((await this.#request.next()).kind !== "publishDone");
  }
}
