import { FrameDecoder, FrameWriter, type LiteVersion, liteVersionOf } from "@qumo/shared/wire";
import type { SendStream } from "../../relay/transport/mod.ts";
import { readLite } from "../../relay/session/lite/framing.ts";
import { Queue } from "../support/peers/queue.ts";
import {
  type LiteTransaction,
  SaidAnnouncements,
  ScriptedLite,
  TRACK_INFO,
} from "../support/peers/scripted_lite.ts";
import type {
  MatrixEvent,
  MatrixGroup,
  MatrixObject,
  MatrixPeer,
  MatrixPublication,
  MatrixSubscription,
  MatrixTrack,
  ScriptedClient,
} from "./client.ts";
import { dialling } from "./scripted_client.ts";

/** Peers that tests script with our own codecs, in every version of moq-lite. */
export const liteClient: ScriptedClient = dialling({
  abilities(protocol) {
    const version = liteVersionOf(protocol);
    return version && { subgroups: "joined", fetch: version.number >= 5, trackEnd: true };
  },
  async over(connection, protocol) {
    const peer = new ScriptedLite(connection, liteVersionOf(protocol)!);
    await peer.say();
    return new LiteMatrixPeer(peer);
  },
});

class LiteMatrixPeer implements MatrixPeer {
  readonly #peer: ScriptedLite;
  readonly #publications = new Map<string, Publication>();
  readonly #subscriptions = new Map<bigint, Subscription>();
  // The relay's request for what is announced here.
  readonly #announcing = Promise.withResolvers<SaidAnnouncements>();
  #nextId = 0n;

  constructor(peer: ScriptedLite) {
    this.#peer = peer;
    peer.onFrame = ({ subscription, group }, { payload }, object) => {
      const event = { kind: "object", group: Number(group), object, payload } as const;
      this.#subscriptions.get(subscription)?.events.push(event);
    };
    this.#serve().catch(() => {});
    this.#hearEnds().catch(() => {});
  }

  async publish({ path, name }: MatrixTrack): Promise<MatrixPublication> {
    const publication = new Publication(this.#peer);
    this.#publications.set(name, publication);
    await (await this.#announcing.promise).begin({ [path]: [] });
    return publication;
  }

  async subscribe({ path, name }: MatrixTrack): Promise<MatrixSubscription> {
    const id = this.#nextId++;
    const subscription = new Subscription(() => this.#subscriptions.delete(id));
    this.#subscriptions.set(id, subscription);
    const { version } = this.#peer;
    subscription.follow(await this.#peer.subscribe(id, [path, name]), version);
    return subscription;
  }

  async fetch({ path, name }: MatrixTrack, first: number, last: number) {
    const objects: MatrixObject[] = [];
    for (let group = first; group <= last; group++) {
      const { messages, requests } = this.#peer.version;
      const range = { group: BigInt(group), startFrame: 0n, endFrame: undefined };
      const message = { broadcast: path, track: name, priority: 1, ...range };
      const request = await this.#peer.open(requests.fetch!, messages.fetch.encode(message));
      for (const [object, payload] of (await framesOf(request, this.#peer.version)).entries()) {
        objects.push({ kind: "object", group, object, payload });
      }
    }
    return objects;
  }

  close(): Promise<void> {
    this.#peer.close();
    return Promise.resolve();
  }

  async #serve(): Promise<void> {
    const { requests, messages } = this.#peer.version;
    for (;;) {
      const request = await this.#peer.requests.next();
      if (request === undefined) return;
      const { type, stream } = request;
      if (type === requests.announce) {
        this.#announcing.resolve(new SaidAnnouncements(stream, this.#peer.version, HOP));
      } else if (type === requests.track) {
        await stream.send(messages.trackInfo!.encode(TRACK_INFO));
        await stream.finish();
      } else if (type === requests.subscribe) {
        this.#feed(stream).catch(() => {});
      } else if (type === requests.fetch) {
        stream.reset(this.#peer.version.refusalCodes.does_not_exist!);
      }
    }
  }

  async #feed(stream: LiteTransaction): Promise<void> {
    const { messages, refusalCodes } = this.#peer.version;
    const asked = (await readLite(stream.input, messages.subscribe))!;
    const publication = this.#publications.get(asked.track);
    if (publication === undefined) return stream.reset(refusalCodes.does_not_exist!);
    await publication.serve(asked.id, stream);
  }

  async #hearEnds(): Promise<void> {
    for (;;) {
      const heard = await this.#peer.groups.next();
      if (heard === undefined) return;
      const event = { kind: "group_end", group: Number(heard.group) } as const;
      if (heard.end === "fin") this.#subscriptions.get(heard.subscription)?.events.push(event);
    }
  }
}

/** Who announces. */
const HOP = 77n;

/** The payloads of a group that was asked for. */
async function framesOf({ input }: LiteTransaction, { frames }: LiteVersion) {
  const decoder = new FrameDecoder(frames);
  const payloads: Uint8Array[] = [];
  do {
    while (input.length > 0) {
      const start = decoder.decode(input.bytes, input.start, input.end);
      if (start < 0 || start + decoder.payloadLength > input.end) break;
      input.start = start + decoder.payloadLength;
      payloads.push(input.bytes.slice(start, input.start));
    }
  } while (await input.fill());
  return payloads;
}

/** A track that is published to the relay's subscription, the newest one when there were several. */
class Publication implements MatrixPublication {
  readonly #peer: ScriptedLite;
  #feed = Promise.withResolvers<{ readonly id: bigint; readonly stream: LiteTransaction }>();
  #nextGroup = 0;

  constructor(peer: ScriptedLite) {
    this.#peer = peer;
  }

  /** Agrees to a subscription, until its end. */
  async serve(id: bigint, stream: LiteTransaction): Promise<void> {
    const { subscribeReply, subscribeUpdate, trackInfo } = this.#peer.version.messages;
    if (trackInfo === undefined) {
      const info = TRACK_INFO;
      const ok = { kind: "ok", group: undefined, endGroup: undefined, info } as const;
      await stream.send(subscribeReply.encode(ok));
    }
    this.#feed.resolve({ id, stream });
    while (typeof await stream.next(subscribeUpdate) === "object");
    this.#feed = Promise.withResolvers();
  }

  async subscribed(): Promise<void> {
    await this.#feed.promise;
  }

  async startGroup(): Promise<MatrixGroup> {
    const { id } = await this.#feed.promise;
    return await Group.start(this.#peer, id, this.#nextGroup++);
  }

  async end(): Promise<void> {
    const { stream } = await this.#feed.promise;
    const { subscribeReply, trackInfo } = this.#peer.version.messages;
    const end = { kind: "end", group: BigInt(this.#nextGroup) } as const;
    if (trackInfo !== undefined) await stream.send(subscribeReply.encode(end));
    await stream.finish();
  }
}

class Group implements MatrixGroup {
  readonly id: number;
  readonly #stream: SendStream;
  readonly #writer: FrameWriter;
  #timestamp = 1_000n;

  private constructor(id: number, stream: SendStream, { frames }: LiteVersion) {
    this.id = id;
    this.#stream = stream;
    this.#writer = new FrameWriter(frames);
  }

  static async start(peer: ScriptedLite, subscription: bigint, id: number): Promise<Group> {
    const { messages, uniStreams } = peer.version;
    const stream = await peer.openUni(uniStreams.group!);
    const header = { subscription, group: BigInt(id), startFrame: 0n };
    await stream.write(messages.group.encode(header));
    return new Group(id, stream, peer.version);
  }

  async write(payload: Uint8Array): Promise<void> {
    const at = this.#timestamp++;
    const header = new Uint8Array(this.#writer.sizeOf(at, payload.length));
    this.#writer.write(header, 0, at, payload.length);
    await this.#stream.write(header);
    if (payload.length > 0) await this.#stream.write(payload.slice());
  }

  end(): Promise<void> {
    return this.#stream.finish();
  }
}

class Subscription implements MatrixSubscription {
  readonly events = new Queue<MatrixEvent>();
  readonly #forget: () => void;
  readonly #ended = Promise.withResolvers<void>();
  #transaction: LiteTransaction | undefined;

  constructor(forget: () => void) {
    this.#forget = forget;
  }

  /** Reads what the relay says of the subscription, to its end. */
  follow(transaction: LiteTransaction, { messages }: LiteVersion): void {
    this.#transaction = transaction;
    const read = async () => {
      for (;;) {
        const reply = await transaction.next(messages.subscribeReply);
        if (reply === "fin") return this.#ended.resolve();
        if (typeof reply !== "object") throw new Error(`Refused with the code ${reply}`);
      }
    };
    read().catch((error) => {
      this.#ended.promise.catch(() => {});
      this.#ended.reject(error);
      this.events.end();
    });
  }

  next(): Promise<MatrixEvent | undefined> {
    return this.events.next();
  }

  ended(): Promise<void> {
    return this.#ended.promise;
  }

  async stop(): Promise<void> {
    this.#forget();
    await this.#transaction?.finish();
  }
}
