/**
 * The viewers of this project whose network is gone for seconds: the relay's page in Chromium, and
 * `qumo-relay subscribe`. `TEST_OUTAGES=all` runs the whole table, which takes some minutes.
 */
import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { ffmpegMissing } from "../peers/encoder.ts";
import { publishCamera } from "../peers/camera.ts";
import { Lateness } from "../support/lateness.ts";
import { TcpLink } from "../support/mesh/tcp_link.ts";
import { UdpLink } from "../support/mesh/udp_link.ts";
import { startClientCommand } from "../support/processes/relay_client.ts";
import { relayChromiumTest } from "../support/processes/relay_test_case.ts";
import { until } from "../support/until.ts";

const NAME = "live/cam";
const isAll = Deno.env.get("TEST_OUTAGES") === "all";
const CELLS = isAll
  ? [2_000, 4_000, 8_000, 9_000].flatMap((outage) =>
    [4, 30, 60].map((rate) => [outage, rate] as const)
  )
  // After which QUIC alone waits for seconds.
  : [[9_000, 30] as const];

/** How long it may take from the return of the network. */
const CATCH_UP_MS = 2_000;

/** Steps from one process to another until a new session has brought a picture: each may be late. */
const STEPS = 20;

/** Longer than a track has to be steady for a viewer, and less than its pauses may be. */
const STEADY_MS = 4_000;
const STEADY_PAUSE_MS = 600;

/** How long it may take until a busy machine is steady. */
const STEADY_PATIENCE_MS = 180_000;

for (const [outage, rate] of CELLS) {
  const what = `an outage of ${outage / 1_000} s at ${rate} groups a second`;
  relayChromiumTest(
    `the relay's page and subscribe are live again within two seconds of ${what}`,
    async ({ relay }, browser) => {
      await using udp = new UdpLink(relay.port);
      await using tcp = new TcpLink(relay.port, udp.port);
      await using _camera = publishCamera(`moqt://127.0.0.1:${relay.port}`, NAME, rate);
      const page = await browser.newPage();
      await page.addInitScript(breakWebSocket);
      await page.goto(`http://127.0.0.1:${udp.port}/watch?name=${NAME}`);
      await page.evaluate(countPictures);
      const file = await Deno.makeTempFile();
      await using subscriber = startClientCommand([
        ...["subscribe", `moqt://127.0.0.1:${udp.port}`, NAME, "--wait", "-o", file],
        ...["--certificate-hash", relay.certificateHash.toHex()],
      ]);
      const viewers = [
        { name: "the page", seen: () => page.evaluate(picturesCounted) },
        { name: "subscribe", seen: async () => (await Deno.stat(file)).size },
      ];
      try {
        for (const { name, seen } of viewers) await until(name, async () => await seen() > 0);
        await steady(viewers);
        udp.cut();
        tcp.stall();
        await wait(outage);
        for (const link of [udp, tcp]) link.restore();
        using lateness = new Lateness();
        const restored = systemClock.now();
        const found = await Promise.all(viewers.map(async ({ name, seen }) => {
          const before = await seen();
          await until(`${name} is live again`, async () => await seen() > before);
          return [name, Math.round(systemClock.now() - restored)] as const;
        }));
        if (isAll) report({ outage, rate, ...Object.fromEntries(found) });
        for (const [name, waited] of found) {
          const late = lateness.worstMs;
          assert.ok(
            waited < CATCH_UP_MS + STEPS * late,
            `${name}: ${waited} ms, on a machine that was ${late} ms late`,
          );
        }
      } catch (error) {
        throw new Error(`${error}\n${subscriber.log()}`, { cause: error });
      } finally {
        await Deno.remove(file);
      }
    },
    { missing: ffmpegMissing, milliseconds: 300_000 },
  );
}

/** On a busy machine it may come about before WebTransport. */
function breakWebSocket(): void {
  Object.assign(globalThis, {
    WebSocket: class {
      constructor() {
        throw new Error("no TCP");
      }
    },
  });
}

/** Counts the changes of the picture. */
function countPictures(): void {
  const picture = document.getElementById("picture");
  const small = document.createElement("canvas");
  [small.width, small.height] = [32, 24];
  const pen = small.getContext("2d", { willReadFrequently: true });
  let last = "";
  globalThis.pictures = -1;
  setInterval(() => {
    pen.drawImage(picture, 0, 0, 32, 24);
    const now = String(pen.getImageData(0, 0, 32, 24).data);
    if (now !== last) globalThis.pictures++;
    last = now;
  }, 15);
}

function picturesCounted(): number {
  return globalThis.pictures;
}

/** Who runs the whole table wants the numbers. */
function report(found: Readonly<Record<string, number>>): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${JSON.stringify(found)}\n`));
}

/** Waits until all of them have received for so long without a pause that they expect more. */
async function steady(viewers: readonly { readonly seen: () => Promise<number> }[]): Promise<void> {
  const runs = viewers.map(({ seen }) => ({ seen, last: 0, at: 0, since: 0 }));
  await until("a steady picture", async () => {
    for (const run of runs) {
      const [count, now] = [await run.seen(), systemClock.now()];
      if (now - run.at > STEADY_PAUSE_MS) run.since = now;
      if (count !== run.last) [run.last, run.at] = [count, now];
    }
    return runs.every(({ since }) => systemClock.now() - since > STEADY_MS);
  }, STEADY_PATIENCE_MS);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(milliseconds, resolve));
}

// Deno's types have nothing of a browser's page: this is what is used of it.
interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d", options: object): {
    drawImage(canvas: Canvas, ...place: readonly number[]): void;
    getImageData(...place: readonly number[]): { readonly data: Uint8ClampedArray };
  };
}
declare global {
  var pictures: number;
}
declare const document: {
  createElement(name: "canvas"): Canvas;
  getElementById(id: string): Canvas;
};
