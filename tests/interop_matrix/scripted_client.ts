import { type ControlMessage, draftOf, type StreamDraft } from "@qumo/shared/wire";
import { type Connection, dial } from "../../relay/transport/mod.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import * as requests from "../support/peers/scripted_requests.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { connectWebSocket } from "../support/transport/websocket_client.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import type {
  Abilities,
  MatrixPeer,
  MatrixPublication,
  MatrixSubscription,
  MatrixTrack,
  MatrixTransport,
  ScriptedClient,
} from "./client.ts";
import { Arrivals, rangeOfGroups, ScriptedPublication } from "./scripted_tracks.ts";

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
  readonly #publications = new Map<string, StreamPublication>();
  readonly #arrivals = new Arrivals();

  constructor(peer: ScriptedPeer) {
    this.#peer = peer;
    this.#answerRequests().catch(() => {});
    const read = (stream: Parameters<Arrivals["read"]>[0]) =>
      void this.#arrivals.read(stream).catch(() => {});
    peer.readStreams(read).catch(() => {});
  }

  async publish({ path, name }: MatrixTrack): Promise<MatrixPublication> {
    const publication = new StreamPublication(this.#peer, { firstObject: true });
    this.#publications.set(name, publication);
    await requests.announce(this.#peer, path);
    return publication;
  }

  async subscribe({ path, name }: MatrixTrack): Promise<MatrixSubscription> {
    const request = await requests.subscribe(this.#peer, {}, trackOf(path, name));
    const { alias } = await request.expect("subscribeOk");
    const events = this.#arrivals.events(alias);
    return {
      next: () => events.next(),
      // Reads the request only now: the runtime stops no stream that is being read.
      ended: async () => {
        while ((await request.next()).kind !== "publishDone");
      },
      stop: () => {
        this.#arrivals.forget(alias);
        return Promise.resolve(request.cancel("cancelled"));
      },
    };
  }

  async fetch({ path, name }: MatrixTrack, first: number, last: number) {
    const requestId = this.#peer.takeRequestId();
    const range = rangeOfGroups(trackOf(path, name), first, last);
    const request = await this.#peer.request({ kind: "fetch", requestId, range, parameters: {} });
    await request.expect("fetchOk");
    return await this.#arrivals.fetched(requestId);
  }

  close(): Promise<void> {
    return Promise.resolve(this.#peer.close());
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
}

class StreamPublication extends ScriptedPublication<RequestStream> {
  /** Agrees to a subscription, which the relay may change, or end. */
  async serve(request: RequestStream): Promise<void> {
    await request.send(this.agree());
    this.subscriber.resolve(request);
    for await (const message of request.incoming.messages()) {
      if (message.kind === "requestUpdate") await request.sendOk();
    }
    this.subscriber = Promise.withResolvers();
  }

  async end(): Promise<void> {
    await requests.publishDone(await this.subscriber.promise, "track_ended", this.streams);
  }
}
