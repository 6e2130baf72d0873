import { type Broadcast, type Group, Path, type Track } from "@moq/net";
import { systemClock } from "@qumo/shared/runtime";
import { NamespaceSet } from "../peers/namespace_set.ts";
import { type Client, connectClient, type RelayAddress } from "./client.ts";
import { Reception, type Verdict } from "./reception.ts";
import { readPayload, type Schedule } from "./schedule.ts";
import { until } from "./until.ts";
import { tapObjects } from "./wire_tap.ts";

/** Watches one live track with `@moq/net` and keeps account of what came. It never reconnects by itself. */
export class MeshViewer implements AsyncDisposable {
  readonly path: string;
  readonly track: string;
  readonly reception: Reception;
  #relay = "";
  #watch: OpenWatch | undefined;

  private constructor(
    { path, track, schedule }: { path: string; track: string; schedule: Schedule },
  ) {
    this.path = path;
    this.track = track;
    this.reception = new Reception(schedule.groupObjects);
  }

  /** Connects to a relay, waits for the namespace to be announced there, and subscribes. */
  static async join(
    relay: RelayAddress,
    what: { path: string; track: string; schedule: Schedule },
  ): Promise<MeshViewer> {
    const viewer = new MeshViewer(what);
    await viewer.moveTo(relay);
    return viewer;
  }

  get name(): string {
    return `the viewer of ${this.path} at ${this.#relay}`;
  }

  /** Where it is connected. */
  get relay(): string {
    return this.#relay;
  }

  /** Whether its session lives, which says nothing about what comes. */
  get isConnected(): boolean {
    return this.#watch?.isConnected ?? false;
  }

  /** Whether its subscription was refused or has ended. It does not ask again by itself. */
  get isRefused(): boolean {
    return this.#watch?.refusal !== undefined;
  }

  /** Leaves where it is and subscribes at this relay. */
  async moveTo(relay: RelayAddress): Promise<void> {
    this.leave();
    this.#relay = relay.name;
    const onWire = new Set<string>();
    const client = await connectClient(relay, (transport) =>
      tapObjects(transport, (object) => {
        if (onWire.has(object)) this.reception.fault(`${object} came twice on the wire`);
        onWire.add(object);
      }));
    try {
      await announced(client, this.path);
    } catch (error) {
      client.close();
      throw error;
    }
    this.reception.rejoin();
    this.#watch = new OpenWatch(
      client,
      this.path,
      this.track,
      (group, object, payload) => this.#take(group, object, payload),
    );
  }

  /** Ends the subscription and the session. */
  leave(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** Resolves when this group, or a later one, is there to its last object; gives its number. */
  async has(group: number, milliseconds = 30_000): Promise<number> {
    const found = () => this.reception.firstWholeFrom(group);
    await until(`${this.name} to have group ${group} or a later one`, () => {
      if (found() !== undefined) return true;
      const refusal = this.#watch?.refusal;
      if (refusal !== undefined) throw new Error(`${this.name} was refused: ${refusal}`);
      return false;
    }, milliseconds);
    return found()!;
  }

  /**
   * What came up to this group, which is waited for: from `first` on, or from the first that came where
   * that is later or nothing is said.
   */
  async verdict(last: number, first = 0): Promise<Verdict> {
    return this.reception.verdictBetween(first, await this.has(last));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  #take(group: number, object: number, payload: Uint8Array): void {
    const said = readPayload(payload);
    if (said === undefined || said.group !== group || said.object !== object) {
      return this.reception.fault(`group ${group}: object ${object} is not what was published`);
    }
    this.reception.add({ ...said, received: systemClock.now() });
  }
}

type Take = (group: number, object: number, payload: Uint8Array) => void;

/** One subscription, until it is closed. */
class OpenWatch {
  readonly #client: Client;
  readonly #broadcast: Broadcast.Consumer;
  readonly #track: Track.Subscriber;
  readonly #take: Take;
  #isOpen = true;
  #isConnected = true;
  #refusal: string | undefined;

  constructor(client: Client, path: string, track: string, take: Take) {
    this.#client = client;
    this.#broadcast = client.session.consume(Path.from(path));
    this.#track = this.#broadcast.track(track).subscribe();
    this.#take = take;
    const lost = () => void (this.#isConnected = false);
    client.session.closed.then(lost, lost);
    void this.#track.closed.then((end) => {
      if (end instanceof Error && this.#isConnected) this.#refusal = end.message;
    });
    void this.#readGroups();
  }

  /** Why the relay does not give it the track; undefined while it does, and when the session ended. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  close(): void {
    this.#isOpen = false;
    this.#track.close();
    this.#broadcast.close();
    this.#client.close();
  }

  async #readGroups(): Promise<void> {
    for (;;) {
      const group = await this.#track.recvGroup().catch(() => undefined);
      if (group === undefined) return;
      // A group that breaks off has delivered what it had.
      void this.#readGroup(group).catch(() => {});
    }
  }

  async #readGroup(group: Group.Consumer): Promise<void> {
    for (;;) {
      const frame = await group.readFrameSequence();
      if (frame === undefined || !this.#isOpen) return;
      this.#take(group.sequence, frame.sequence, frame.payload);
    }
  }
}

// Long beside what any scenario lets a namespace take to cross the mesh.
const ANNOUNCE_TIMEOUT = 30_000;

async function announced({ session }: Client, path: string): Promise<void> {
  const known = new NamespaceSet();
  const announcements = session.announced();
  void (async () => {
    for (;;) {
      const event = await announcements.next();
      if (event === undefined) return known.end("the session ended");
      known.set(event.path, event.active);
    }
  })().catch((error) => known.end(String(error)));
  let isThere = false;
  let failure: unknown;
  known.until(path, true).then(() => isThere = true, (error) => failure = error);
  await until(`${path} to be announced`, () => {
    if (failure !== undefined) throw failure;
    return isThere;
  }, ANNOUNCE_TIMEOUT);
}
