/** hls.js plays in Chromium what moq-dev's camera publishes there: the pictures move, and are those of the film. */
import assert from "node:assert/strict";
import { chromiumMissing, launchChromium } from "../support/processes/chromium.ts";
import { servePage } from "../support/processes/page_server.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import { until } from "../support/until.ts";
import { playwrightBrowser } from "./browsers.ts";
import type { CameraPage } from "./camera_page.ts";
import type { HlsPage } from "./hls_page.ts";
import { numberedFilm, PICTURES } from "./numbered_picture.ts";

const NAME = "live/camera.hang";
/** Pictures that are seen: more than one segment has. */
const ENOUGH = 30;

relayTest(
  "what @moq/publish films is seen in hls.js, picture after picture",
  async ({ relay, join }) => {
    await using camera = await servePage(new URL("camera_page.ts", import.meta.url));
    await using player = await servePage(new URL("hls_page.ts", import.meta.url));
    const { browser } = await join(startCamera);
    const page = await browser.newPage();
    await page.goto(camera.url);
    const url = `http://127.0.0.1:${relay.port}`;
    await page.evaluate(
      ([url, name]) => (globalThis as unknown as CameraPage).publishCamera(url, name),
      [`${url}/`, NAME] as const,
    );
    const index = `${url}/hls/${NAME}/index.m3u8`;
    await until("the broadcast", async () => {
      const response = await fetch(index);
      await response.body?.cancel();
      return response.status === 200;
    });
    const viewer = await browser.newPage();
    await viewer.goto(player.url);
    await viewer.evaluate((url) => (globalThis as unknown as HlsPage).playHls(url), index);
    const look = () =>
      viewer.evaluate(() => (globalThis as unknown as HlsPage).hlsSeen(), undefined);
    let shown = await look();
    try {
      await until("the pictures", async () => (shown = await look()).seen.length >= ENOUGH);
    } catch (error) {
      throw new Error(`${error}: ${JSON.stringify(shown)}`);
    }
    const steps = shown.seen.slice(1).map((number, index) =>
      (number! - shown.seen[index]! + PICTURES) % PICTURES
    );
    assert.ok(steps.filter((step) => step === 1).length > ENOUGH / 2, `${shown.seen}`);
    assert.ok(!shown.errors.some((error) => error.includes("fatal")), `${shown.errors}`);
  },
  {
    config: { hls: { enabled: true } },
    missing: chromiumMissing,
  },
);

/** Starts a browser whose camera has our film before it. */
async function startCamera() {
  const file = await Deno.makeTempFile({ suffix: ".y4m" });
  await Deno.writeFile(file, numberedFilm());
  const browser = await launchChromium({ camera: file });
  return {
    browser: playwrightBrowser(browser),
    async close() {
      await browser.close();
      await Deno.remove(file);
    },
  };
}
