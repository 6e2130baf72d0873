import { type LiteVersion, liteVersionOf } from "@qumo/shared/wire";
import { readLite } from "../../relay/session/lite/framing.ts";
import { Queue } from "../support/peers/queue.ts";
import {
  frameWriter,
  type LiteTransaction,
  type SaidAnnouncements,
  sayAnnouncements,
  ScriptedLite,
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
      const { frames } = await this.#peer.fetch([path, name], BigInt(group));
      for (const [object, { payload }] of frames.entries()) {
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
    const { requests } = this.#peer.version;
    for (;;) {
      const request = await this.#peer.requests.next();
      if (request === undefined) return;
      const { type, stream } = request;
      if (type === requests.announce) {
        this.#announcing.resolve(sayAnnouncements(stream, this.#peer.version, HOP));
      } else if (type === requests.track) {
        await this.#peer.describe(stream);
      } else if (type === requests.subscribe) {
        this.#feed(stream).catch(() => {});
      } else if (type === requests.fetch) {
        stream.output.reset(this.#peer.version.refusalCodes.does_not_exist!);
      }
    }
  }

  async #feed(stream: LiteTransaction): Promise<void> {
    const { messages, refusalCodes } = this.#peer.version;
    const asked = (await readLite(stream.input, messages.subscribe))!;
    const publication = this.#publications.get(asked.track);
    if (publication === undefined) return stream.output.reset(refusalCodes.does_not_exist!);
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
    const { subscribeUpdate } = this.#peer.version.messages;
    await this.#peer.agreeTo(stream);
    this.#feed.resolve({ id, stream });
    while (typeof await stream.next(subscribeUpdate) === "object");
    this.#feed = Promise.withResolvers();
  }

  async subscribed(): Promise<void> {
    await this.#feed.promise;
  }

  async startGroup(): Promise<MatrixGroup> {
    const { id: subscription } = await this.#feed.promise;
    const id = this.#nextGroup++;
    const header = { subscription, group: BigInt(id) };
    const stream = await this.#peer.group(header, [], { isComplete: false });
    return { id, write: frameWriter(stream, this.#peer.version), end: () => stream.finish() };
  }

  async end(): Promise<void> {
    const { stream } = await this.#feed.promise;
    const { subscribeReply, trackInfo } = this.#peer.version.messages;
    const end = { kind: "end", group: BigInt(this.#nextGroup) } as const;
    if (trackInfo !== undefined) await stream.output.write(subscribeReply.encode(end));
    await stream.output.finish();
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
    await this.#transaction?.output.finish();
  }
}
