/**
 * Publishers of other people that are killed and come back while their session still counts as alive.
 * `TEST_RESTARTS=all` runs the whole table, which takes half an hour.
 */
import { sleep, systemClock } from "@qumo/shared/runtime";
import { Path } from "@moq/net";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { connectMoqRs } from "../peers/moq_rs.ts";
import { pythonMissing } from "../peers/python.ts";
import { Deadline, HANGS_MS } from "../support/deadline.ts";
import { Lateness } from "../support/lateness.ts";
import { PATIENCE_MS, until } from "../support/until.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import type { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import { publishFilm, startMoqNetPublisher } from "../support/peers/moq_net_program.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { MoqtPeer } from "../support/peers/moqt_session.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";

const PATH = "live/restart";
const TRACK = "video";
const GROUP_MS = 50;
const FILM = { path: PATH, track: TRACK, groupMs: GROUP_MS };

const ALL = Deno.env.get("TEST_RESTARTS") === "all";
const PAUSES = ALL ? [500, 5_000, 15_000, 35_000] : [500];
const GROUPS = ALL ? [7, 100, 300] : [30];

/** What the relay adds is a few milliseconds; on a loaded machine each process is late besides. */
const SOON_MS = 1_000;

/** Processes that an object passes in a row: publisher, relays, viewer, and what is sent back. */
const STEPS = 6;

type Publisher = { kill(signal: "SIGKILL"): void } & AsyncDisposable;
type Start = (relay: QuicServerAddress, name: string) => Promise<Publisher>;

const PUBLISHERS: Readonly<Record<string, { start: Start; missing: string | undefined }>> = {
  "@moq/net": {
    start: (relay, name) => Promise.resolve(startMoqNetPublisher(relay, { ...FILM, name })),
    missing: undefined,
  },
  "moq-rs": { start: startMoqRs, missing: pythonMissing("moq") },
};

for (const [library, { start, missing }] of Object.entries(PUBLISHERS)) {
  for (const where of ["at one relay", "across two relays"] as const) {
    for (const pause of PAUSES) {
      for (const groups of GROUPS) {
        optionalTest(
          `${library} is killed behind group ${groups} and is back after ${pause} ms: viewers ` +
            `see the new one at once, ${where}`,
          missing,
          () => restart(start, { isAcross: where === "across two relays", pause, groups }),
        );
      }
    }
  }
}

interface Restart {
  readonly isAcross: boolean;
  readonly pause: number;
  readonly groups: number;
}

async function restart(start: Start, { isAcross, pause, groups }: Restart): Promise<void> {
  using deadline = new Deadline(HANGS_MS + pause + 2 * groups * GROUP_MS);
  using lateness = new Lateness();
  await using relay = await startRelayInProcess();
  await using edge = isAcross ? await startEdge(relay) : undefined;
  const near = edge ?? relay;
  await using viewers = new AsyncDisposableStack();
  const join = async () => [
    viewers.use(new NamespaceViewer(await connectMoqNet(near))),
    viewers.use(new TrackViewer(await connectMoqt(near))),
  ];
  await using former = await deadline.for("a publisher", start(relay, "former"));
  const first = await deadline.for("viewers", join());
  const isBehind = () => first.every((viewer) => viewer.groupsOf("former") >= groups);
  await until(`${groups} groups`, isBehind, PATIENCE_MS + 2 * groups * GROUP_MS);
  former.kill("SIGKILL");
  await sleep(systemClock, pause);
  await using _anew = await deadline.for("a publisher", start(relay, "anew"));
  await until("the new one", () => first.every((viewer) => viewer.groupsOf("anew") > 10));
  const late = await deadline.for("viewers", join());
  await until("the new one", () => late.every((viewer) => viewer.groupsOf("anew") > 10));
  for (const viewer of first) {
    const { latencyMs } = viewer;
    if (ALL) await say(`${viewer.kind}: ${latencyMs} ms after it was sent`);
    assert.ok(latencyMs <= SOON_MS + STEPS * lateness.worstMs, `${viewer.kind}: ${latencyMs} ms`);
  }
  for (const viewer of late) assert.equal(viewer.groupsOf("former"), 0, viewer.kind);
}

function startEdge(origin: RelayInProcess): Promise<RelayInProcess> {
  return startRelayInProcess({
    upstream: [`moqt://127.0.0.1:${origin.port}`],
    mesh: { ...DEFAULTS.mesh, insecure: true },
  });
}

async function startMoqRs(relay: QuicServerAddress, name: string): Promise<Publisher> {
  const peer = await connectMoqRs(relay);
  let isOver = false;
  const filming = publishFilm(peer, { ...FILM, name }, () => isOver).catch(() => {});
  const kill = () => {
    isOver = true;
    peer.vanish();
  };
  return {
    kill,
    async [Symbol.asyncDispose]() {
      kill();
      await filming;
      await peer.close();
    },
  };
}

/** Counts what it is shown, by the publisher's name. */
abstract class Viewer {
  abstract readonly kind: string;
  /** How old the first object of the newest publisher was. */
  latencyMs = NaN;
  readonly #groups = new Map<string, number>();

  groupsOf(publisher: string): number {
    return this.#groups.get(publisher) ?? 0;
  }

  protected take(payload: Uint8Array): void {
    const { name, sent } = JSON.parse(new TextDecoder().decode(payload));
    if (!this.#groups.has(name)) this.latencyMs = systemClock.wall() - sent;
    this.#groups.set(name, this.groupsOf(name) + 1);
  }
}

/** `@moq/net` ignores PUBLISH_DONE: it follows namespaces. */
class NamespaceViewer extends Viewer implements AsyncDisposable {
  readonly kind = "@moq/net";
  readonly #peer: MoqNetPeer;

  constructor(peer: MoqNetPeer) {
    super();
    this.#peer = peer;
    void this.#follow();
  }

  async #follow(): Promise<void> {
    const announced = this.#peer.session.announced();
    let stop: (() => void) | undefined;
    for (;;) {
      const event = await announced.next().catch(() => undefined);
      if (event === undefined) return stop?.();
      if (event.path !== Path.from(PATH)) continue;
      stop?.();
      stop = event.active ? this.#watch() : undefined;
    }
  }

  #watch(): () => void {
    const broadcast = this.#peer.session.consume(Path.from(PATH));
    const track = broadcast.track(TRACK).subscribe();
    const read = async () => {
      for (;;) {
        const frame = await (await track.recvGroup())?.readFrame();
        if (frame === undefined) return;
        this.take(frame.payload);
      }
    };
    read().catch(() => {});
    return () => {
      track.close();
      broadcast.close();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer.close();
  }
}

/** `@moqt/transport` hears that a track ended, and asks again. */
class TrackViewer extends Viewer implements AsyncDisposable {
  readonly kind = "@moqt/transport";
  readonly #peer: MoqtPeer;
  readonly #over = new AbortController();

  constructor(peer: MoqtPeer) {
    super();
    this.#peer = peer;
    void this.#persist();
  }

  async #persist(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await this.#watch().catch(() => {});
      await sleep(systemClock, 100, signal);
    }
  }

  async #watch(): Promise<void> {
    const watch = await this.#peer.watch(PATH, TRACK);
    for (;;) {
      const object = await watch.next();
      if (object === undefined) return;
      this.take(object.payload);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#peer.close();
  }
}

async function say(line: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
}
