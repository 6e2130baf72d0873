/**
 * Viewers whose network is gone for seconds. `TEST_OUTAGES=all` runs the whole table, which takes some
 * minutes.
 */
import assert from "node:assert/strict";
import { systemClock, type Timer } from "@qumo/shared/runtime";
import { connectChromium } from "../peers/browser_peer.ts";
import { Lateness } from "../support/lateness.ts";
import { UdpLink } from "../support/mesh/udp_link.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import type { Peer, Publication } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { relayChromiumTest, type RelayTest } from "../support/processes/relay_test_case.ts";
import { PATIENCE_MS } from "../support/until.ts";

const PATH = "live/outage";
const TRACK = "video";
const RATES = [4, 30, 60];
const OUTAGES = Deno.env.get("TEST_OUTAGES") === "all" ? [2_000, 4_000, 8_000, 9_000] : [4_000];

/** After how much silence the relay gives up: longer than QUIC waits until it tries again. */
const IDLE_MS = 30_000;
const PATIENT_RELAY = {
  server: { idle_timeout_ms: IDLE_MS },
  delivery: { stall_timeout_ms: IDLE_MS },
};

/**
 * How long it may take from the first packet of objects that passes until a viewer is live again, beside
 * what viewers needed to be live at first on the same machine.
 */
const CATCH_UP_MS = 2_000;

/** Processes that a packet passes in a row: publisher, link, relay, viewer. */
const STEPS = 4;

/** How far behind a viewer may be that is live, in seconds of its track. */
const LIVE_SECONDS = 3;

/** Bytes that a packet with objects has at least; acknowledgements are smaller. */
const OBJECT_BYTES = 600;

// One rate at a time: what is measured is the network, which a machine with other work must keep up with.
for (
  const [outage, rate] of OUTAGES.flatMap((outage) => RATES.map((rate) => [outage, rate] as const))
) {
  const what = `an outage of ${outage / 1_000} s at ${rate} groups a second`;
  relayChromiumTest(
    `viewers in Chromium and on Deno are live again after ${what}`,
    async (test, browser) => {
      await using link = new UdpLink(test.relay.port);
      const server = {
        ...test.relay,
        port: link.port,
        certificateHash: test.relay.certificateHash,
      };
      using lateness = new Lateness();
      using camera = await Camera.start(await test.join(connectMoqNet), rate);
      const viewers: Viewer[] = [];
      const began = systemClock.now();
      const chromium = (server: QuicServerAddress) => connectChromium(browser, server);
      for (const [name, connect] of Object.entries({ onDeno: connectMoqNet, chromium })) {
        viewers.push(await Viewer.start(name, () => test.join(() => connect(server))));
      }
      await until(() => viewers.every((viewer) => viewer.isLive(camera)), PATIENCE_MS, test);
      const catchUp = CATCH_UP_MS + systemClock.now() - began;
      link.cut();
      await wait(outage);
      link.restore();
      const restored = systemClock.now();
      const first = Promise.withResolvers<number>();
      link.onAnswer = (bytes) => bytes >= OBJECT_BYTES && first.resolve(systemClock.now());
      const passed = await test.deadline.for("the first packet", first.promise);
      const late = passed - restored;
      // QUIC's own patience doubles each time: it ends no later than an outage as long again.
      assert.ok(
        late < outage + catchUp + STEPS * lateness.worstMs,
        `QUIC tried again ${late} ms after the network was back`,
      );
      const live = await Promise.all(viewers.map((viewer) => viewer.liveAgain(camera, test)));
      for (const [index, at] of live.entries()) {
        const waited = at - restored;
        const most = outage + catchUp + STEPS * lateness.worstMs;
        assert.ok(waited < most, `${viewers[index]!.name}: ${waited} ms`);
      }
      for (const viewer of viewers) viewer.stop();
    },
    { config: PATIENT_RELAY },
  );
}

/** Publishes a track of groups of one object. */
class Camera {
  /** The newest group. */
  newest = 0;
  readonly rate: number;
  readonly #publication: Publication;
  #timer: Timer | undefined;

  private constructor(publication: Publication, rate: number) {
    this.#publication = publication;
    this.rate = rate;
  }

  static async start(peer: Peer, rate: number): Promise<Camera> {
    const camera = new Camera(await peer.publish(PATH, [TRACK]), rate);
    camera.#next(systemClock.now());
    return camera;
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #next(at: number): void {
    const due = at + 1_000 / this.rate;
    const delay = Math.max(0, due - systemClock.now());
    this.#timer = systemClock.after(delay, () => void this.#publish(due));
  }

  async #publish(due: number): Promise<void> {
    const group = await this.#publication.startGroup(TRACK);
    await group.write(new Uint8Array(1_000));
    await group.end();
    this.newest = group.id;
    this.#next(due);
  }
}

/**
 * Watches the track. It comes again when its session ends, as players do: Chromium ends one itself
 * whose packets are not answered for some seconds ("network blackhole").
 */
class Viewer {
  readonly name: string;
  #newest = -1;
  #isOver = false;

  private constructor(name: string) {
    this.name = name;
  }

  static async start(name: string, connect: () => Promise<Peer>): Promise<Viewer> {
    const viewer = new Viewer(name);
    const watch = await watchFrom(await connect());
    void viewer.#follow(watch, connect);
    return viewer;
  }

  /** It does not come again. */
  stop(): void {
    this.#isOver = true;
  }

  async #follow(first: Watch, connect: () => Promise<Peer>): Promise<void> {
    for (let watch: Watch | undefined = first; !this.#isOver;) {
      if (watch === undefined) await wait(100);
      else await this.#read(watch).catch(() => {});
      watch = this.#isOver ? undefined : await connect().then(watchFrom).catch(() => undefined);
    }
  }

  async #read(watch: Watch): Promise<void> {
    for (;;) {
      const object = await watch.next();
      if (object === undefined) return;
      this.#newest = Math.max(this.#newest, object.group);
    }
  }

  /** Whether it is no further behind than a busy machine makes it, which is less than any outage. */
  isLive({ newest, rate }: Camera): boolean {
    return this.#newest >= 0 && newest - this.#newest <= LIVE_SECONDS * rate;
  }

  /** When it is live again. */
  async liveAgain(camera: Camera, test: RelayTest): Promise<number> {
    await until(() => this.isLive(camera), PATIENCE_MS, test);
    return systemClock.now();
  }
}

type Watch = Awaited<ReturnType<Peer["watch"]>>;

async function watchFrom(peer: Peer): Promise<Watch> {
  await peer.announced(PATH);
  return await peer.watch(PATH, TRACK);
}

async function until(holds: () => boolean, most: number, test: RelayTest): Promise<void> {
  const end = systemClock.now() + most;
  while (!holds()) {
    if (systemClock.now() > end) {
      const page = JSON.stringify(await test.relay.status());
      throw new Error(`Not live after ${most} ms; the relay: ${page}`);
    }
    await wait(20);
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(milliseconds, resolve));
}
