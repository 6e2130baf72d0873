import { classifyUniStream, decodeDatagram, trackKey } from "@qumo/shared/wire";
import { type CloseInfo, TransportError } from "../../../relay/transport/mod.ts";
import { readFetchStream } from "../peers/scripted_fetches.ts";
import { SubgroupReader } from "../peers/scripted_objects.ts";
import { type RequestMessage, type ScriptedPeer, trackOf } from "../peers/scripted_peer.ts";
import { announce, sendSubscribeOk } from "../peers/scripted_requests.ts";
import type {
  IncomingStream,
  RequestStream,
  StreamEnd,
  TypedStream,
} from "../peers/scripted_streams.ts";

/** An object as it arrived in a subgroup or as a datagram. */
export interface HonestObject {
  readonly group: bigint;
  readonly object: number;
  readonly payload: Uint8Array;
}

/**
 * A scripted peer that keeps to the rules, reads everything that comes and finds fault with whatever is
 * not well formed. It has nothing to wait for: what came is in lists.
 */
export class HonestPeer {
  /** Objects that came and nobody has taken, in the order in which they came. */
  readonly objects: HonestObject[] = [];
  /** How each subgroup ended. */
  readonly ends: StreamEnd[] = [];
  /** What was not as the protocol has it. */
  readonly faults: string[] = [];
  /** How the connection ended, if it did. */
  closed: CloseInfo | undefined;
  readonly peer: ScriptedPeer;
  readonly #published = new Map<string, bigint>();

  /** Takes over a peer that has begun. */
  constructor(peer: ScriptedPeer) {
    this.peer = peer;
    void peer.closed.then((info) => this.closed = info);
    this.#watch(async () => {
      for (;;) await peer.expectControl("goaway");
    });
    void peer.readStreams((stream) => this.#watch(() => this.#readStream(stream), stream));
    this.#watch(() => this.#acceptRequests());
    this.#watch(() => this.#readDatagrams());
  }

  /** Announces a namespace, and agrees to deliver its one track to whoever asks. */
  async offer(path: string, alias: bigint): Promise<void> {
    this.#published.set(trackKey(trackOf(path, "track")), alias);
    await announce(this.peer, path);
  }

  /** Asks something; the answers are read and forgotten. */
  async request(message: RequestMessage): Promise<{ cancel(): void }> {
    const request = await this.peer.request(message);
    this.#watch(() => Array.fromAsync(request.incoming.messages()), request.incoming);
    return { cancel: () => request.cancel("cancelled") };
  }

  async #acceptRequests(): Promise<void> {
    for (;;) {
      const request = await this.peer.acceptRequest();
      this.#watch(() => this.#answer(request), request.incoming);
    }
  }

  /** Answers as a publisher that has these tracks and nothing of the past. */
  async #answer(request: RequestStream): Promise<void> {
    for await (const message of request.incoming.messages()) {
      const { kind } = message;
      const track = kind === "subscribe" ? trackKey(message.track) : "";
      const alias = this.#published.get(track);
      if (alias !== undefined) await sendSubscribeOk(request, { alias });
      else if (AGREED.includes(kind)) await request.sendOk();
      else if (REFUSED.includes(kind)) {
        await request.sendError("does_not_exist");
        await request.finish();
      } else if (kind !== "publishDone") {
        this.faults.push(`${kind} came on a request stream of the relay`);
      }
    }
    await request.finish();
  }

  async #readStream(stream: TypedStream): Promise<void> {
    switch (classifyUniStream(stream.type, stream.draft.data)) {
      case "subgroup":
        return await this.#readSubgroup(await SubgroupReader.of(stream));
      case "fetch":
        return void await readFetchStream(stream);
      default:
        throw new Error("The relay sent padding, or SETUP again");
    }
  }

  async #readSubgroup(reader: SubgroupReader): Promise<void> {
    const { group } = reader.header;
    let object;
    while (typeof (object = await reader.nextBytes()) === "object") {
      this.objects.push({ group, object: object.id, payload: object.payload });
    }
    this.ends.push(object);
  }

  async #readDatagrams(): Promise<void> {
    for (;;) {
      const datagram = decodeDatagram(await this.peer.nextDatagram(), this.peer.draft.data);
      if (datagram === undefined) throw new Error("The relay sent padding");
      const { group, object, payload } = datagram;
      this.objects.push({ group, object, payload: payload.slice() });
    }
  }

  /** Streams may be reset and connections may end: that is no fault. */
  #watch(work: () => Promise<unknown>, stream?: IncomingStream): void {
    this.peer.whileConnected(work).catch((error) => {
      const wasReset = stream?.end !== undefined && stream.end !== "fin";
      if (!wasReset && !(error instanceof TransportError)) this.faults.push(String(error));
    });
  }
}

const AGREED: readonly string[] = ["publish", "subscribeNamespace", "requestUpdate"];
const REFUSED: readonly string[] = ["subscribe", "fetch", "trackStatus"];
