/** Players of what an encoder sends, as whole clients: over sessions, with a clock that a test holds. */
import { type Clock, sleep, TaskGroup } from "@qumo/shared/runtime";
import { namespaceKey } from "@qumo/shared/wire";
import type { WorldRelay } from "../support/mesh_world.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { BROADCAST, CLIENT_LATENCY_MS } from "./encoder_script.ts";
import { SubgroupReader, subscribe } from "./script.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";

/**
 * How a player finds out that it should subscribe anew: by PUBLISH_DONE and refusals, as the draft has
 * it, or only by namespaces that go and come, as those of moq-dev do.
 */
export type PlayerKind = "draft" | "moq-dev";

/** Something that a player was shown. */
export interface Shown {
  readonly track: string;
  readonly encoder: string;
  readonly group: number;
  readonly at: number;
}

const AGAIN_MS = 100;
const RENDEZVOUS_MS = 30_000n;
const TRACKS = ["catalog", "video"];

/** Somebody who watches the catalog and the video of an encoder, and wants to go on. */
export class Player implements AsyncDisposable {
  readonly kind: PlayerKind;
  readonly shown: Shown[] = [];
  /** Messages of SUBSCRIBE_NAMESPACE, in words. */
  readonly told: string[] = [];
  readonly #clock: Clock;

  readonly #peer: ScriptedPeer;
  readonly #tasks = new TaskGroup((task, error) => {
    throw new Error(`the player's ${task} failed`, { cause: error });
  });

  static async start(kind: PlayerKind, relay: WorldRelay, clock: Clock): Promise<Player> {
    const [client, server] = memoryPair({ clock, latency: CLIENT_LATENCY_MS, canReset: false });
    relay.accept(server);
    const setup = kind === "moq-dev" ? { solicit: true } : {};
    const player = new Player(kind, await ScriptedPeer.connect(client, { setup }), clock);
    player.#spawn("streams", () => player.#readStreams());
    if (kind === "moq-dev") player.#spawn("namespaces", () => player.#followNamespaces());
    else for (const track of TRACKS) player.#spawn(track, () => player.#persist(track));
    return player;
  }

  private constructor(kind: PlayerKind, peer: ScriptedPeer, clock: Clock) {
    this.kind = kind;
    this.#peer = peer;
    this.#clock = clock;
  }

  /** What it was shown of a track by an encoder. */
  of(encoder: string, track = "video"): Shown[] {
    return this.shown.filter((one) => one.encoder === encoder && one.track === track);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peer.close();
    await this.#tasks.close();
  }

  #spawn(task: string, work: () => Promise<void>): void {
    this.#tasks.spawn(task, () => this.#peer.whileConnected(work));
  }

  /** Asks again whenever it is refused or the track ends. */
  async #persist(track: string): Promise<void> {
    for (;;) {
      const request = await this.#ask(track);
      await Array.fromAsync(request.incoming.messages());
      await request.finish();
      await sleep(this.#clock, AGAIN_MS, this.#tasks.signal);
    }
  }

  /** Has what is announced, and lets go of what is not. */
  async #followNamespaces(): Promise<void> {
    const watching = await this.#peer.request({
      kind: "subscribeNamespace",
      prefix: [],
      parameters: {},
    });
    await watching.expect("requestOk");
    const asked = new Map<string, RequestStream[]>();
    for (;;) {
      const message = await watching.next();
      if (message.kind !== "namespace" && message.kind !== "namespaceDone") continue;
      this.told.push(message.kind);
      const key = namespaceKey(message.suffix);
      for (const request of asked.get(key) ?? []) request.cancel("internal_error");
      if (message.kind === "namespaceDone") continue;
      asked.set(key, await Promise.all(TRACKS.map((track) => this.#ask(track))));
    }
  }

  #ask(track: string): Promise<RequestStream> {
    // Who knows the draft asks for all there is where the past counts.
    const wantsAll = this.kind === "draft" && track === "catalog";
    return subscribe(this.#peer, {
      ...(!wantsAll && { filter: { type: "largest_object" } }),
      rendezvousTimeout: RENDEZVOUS_MS,
    }, trackOf(BROADCAST, track));
  }

  async #readStreams(): Promise<void> {
    for (;;) {
      const reader = await SubgroupReader.of(await this.#peer.nextStream());
      this.#spawn("stream", () => this.#read(reader));
    }
  }

  async #read(reader: SubgroupReader): Promise<void> {
    for (;;) {
      const object = await reader.next();
      if (typeof object !== "object") return;
      const [track = "", encoder = "", group] = object.payload.split(" ");
      this.shown.push({ track, encoder, group: Number(group), at: this.#clock.now() });
    }
  }
}
