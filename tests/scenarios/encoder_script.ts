/** Encoders that crash and come back, as whole clients: over sessions, with a clock that a test holds. */
import { type Clock, TaskGroup, type Timer } from "@qumo/shared/runtime";
import type { WorldRelay } from "../support/mesh_world.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { announce, openSubgroup, sendSubgroup, sendSubscribeOk, SubgroupScript } from "./script.ts";
import { type MemoryConnection, memoryPair } from "../support/transport/memory_connection.ts";

/** Milliseconds from one client to its relay. */
export const CLIENT_LATENCY_MS = 5;

/** Milliseconds of silence after which QUIC gives a connection up. */
export const IDLE_MS = 10_000;

/** How long a group lasts; it has two objects. */
export const GROUP_MS = 100;

/** The namespace of an encoder: a catalog of one object, and a video. */
export const BROADCAST = "live";

const OBJECTS_PER_GROUP = 2;

/** An object of the video. */
interface Picture {
  readonly group: number;
  readonly object: number;
}

/**
 * An encoder as it stands in the field: it announces, answers what it is asked, and sends each
 * subscriber the group that is under way from its beginning. It counts groups from 0.
 */
export class Encoder implements AsyncDisposable {
  /** When the first object of the video went out. */
  sentAt: number | undefined;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #connection: MemoryConnection;
  readonly #peer: ScriptedPeer;
  readonly #tasks = new TaskGroup((task, error) => {
    throw new Error(`the encoder's ${task} failed`, { cause: error });
  });
  readonly #feeds = new Set<VideoFeed>();
  // What is filmed next.
  #next: Picture = { group: 0, object: 0 };
  #lastAlias = 0n;
  #timer: Timer | undefined;
  #patience: Timer | undefined;

  /** Connects and announces; the first group begins at once. */
  static async start(name: string, relay: WorldRelay, clock: Clock): Promise<Encoder> {
    const [client, server] = memoryPair({ clock, latency: CLIENT_LATENCY_MS, canReset: false });
    relay.accept(server);
    const encoder = new Encoder(name, { clock, client, peer: await ScriptedPeer.connect(client) });
    encoder.#spawn("announcement", async () => void await announce(encoder.#peer, BROADCAST));
    encoder.#spawn("requests", () => encoder.#serve());
    encoder.#film();
    return encoder;
  }

  private constructor(
    name: string,
    line: { readonly clock: Clock; readonly client: MemoryConnection; readonly peer: ScriptedPeer },
  ) {
    this.#name = name;
    this.#clock = line.clock;
    this.#connection = line.client;
    this.#peer = line.peer;
  }

  /** How many groups were begun. */
  get groups(): number {
    const { group, object } = this.#next;
    return object === 0 ? group : group + 1;
  }

  /** Ends in order. */
  close(): void {
    this.#timer?.cancel();
    this.#connection.close(0, "");
  }

  /** Is killed: nobody is told, and its relay gives it up when it was silent for long enough. */
  kill(): void {
    this.#timer?.cancel();
    this.#connection.freeze();
    this.#patience = this.#clock.after(IDLE_MS, () => this.#connection.sever());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#patience?.cancel();
    this.close();
    await this.#tasks.close();
  }

  #spawn(task: string, work: () => Promise<void>): void {
    this.#tasks.spawn(task, () => this.#peer.whileConnected(work));
  }

  async #serve(): Promise<void> {
    for (;;) {
      const request = await this.#peer.acceptRequest();
      this.#spawn("request", () => this.#answer(request));
    }
  }

  async #answer(request: RequestStream): Promise<void> {
    const message = await request.next();
    if (message.kind === "subscribe") {
      const alias = ++this.#lastAlias;
      await sendSubscribeOk(request, { alias });
      const isCatalog = new TextDecoder().decode(message.track.name) === "catalog";
      return isCatalog ? await this.#catalog(alias) : await this.#video(request, alias);
    }
    await request.sendError("not_supported");
    await request.finish();
  }

  #catalog(alias: bigint): Promise<void> {
    const payload = `catalog ${this.#name} 0`;
    return sendSubgroup(this.#peer, { alias, firstObject: true }, { id: 0, payload });
  }

  async #video(request: RequestStream, alias: bigint): Promise<void> {
    const feed = new VideoFeed(this.#name, this.#peer, alias);
    const { group, object: count } = this.#next;
    for (let object = 0; object < count; object++) this.#send(feed, { group, object });
    this.#feeds.add(feed);
    for await (const _update of request.incoming.messages()) await request.sendOk();
    this.#feeds.delete(feed);
    await request.finish();
  }

  #film(): void {
    this.#timer = this.#clock.after(GROUP_MS / OBJECTS_PER_GROUP, () => this.#film());
    const { group, object } = this.#next;
    for (const feed of this.#feeds) this.#send(feed, { group, object });
    const isLast = object === OBJECTS_PER_GROUP - 1;
    this.#next = isLast ? { group: group + 1, object: 0 } : { group, object: object + 1 };
  }

  #send(feed: VideoFeed, picture: Picture): void {
    this.sentAt ??= this.#clock.now();
    this.#spawn("object", () => feed.send(picture));
  }
}

/** The video as one subscription has it: a stream for each group. */
class VideoFeed {
  readonly #name: string;
  readonly #peer: ScriptedPeer;
  readonly #alias: bigint;
  #stream: SubgroupScript | undefined;
  #sent: Promise<void> = Promise.resolve();

  constructor(name: string, peer: ScriptedPeer, alias: bigint) {
    this.#name = name;
    this.#peer = peer;
    this.#alias = alias;
  }

  send(picture: Picture): Promise<void> {
    return this.#sent = this.#sent.then(() => this.#write(picture));
  }

  async #write({ group, object: id }: Picture): Promise<void> {
    const object = { id, payload: `video ${this.#name} ${group}` };
    const header = { alias: this.#alias, group: BigInt(group), firstObject: true };
    if (id === 0) this.#stream = await openSubgroup(this.#peer, header, object);
    else await this.#stream?.send(object);
    if (id === OBJECTS_PER_GROUP - 1) await this.#stream?.finish();
  }
}
