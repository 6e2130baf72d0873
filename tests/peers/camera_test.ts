/** moq-dev's camera and player, as npm has them: what the camera films is seen in the player, by its pixels. */
import assert from "node:assert/strict";
import { chromiumMissing, launchChromium } from "../support/processes/chromium.ts";
import { type PageServer, servePage } from "../support/processes/page_server.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { type Browser, FIREFOX, playwrightBrowser } from "./browsers.ts";
import type { CameraPage } from "./camera_page.ts";
import { numberedFilm, PICTURES } from "./numbered_picture.ts";

const NAME = "live/camera.hang";
// Three seconds, and more key frames than one.
const ENOUGH = 30;

relayTest(
  "what @moq/publish films is seen in @moq/watch through one relay and through two",
  async (test) => {
    await using edge = await startEdge(test.relay);
    await using served = await servePage(PAGE);
    const browser = await film(test, served);
    await Promise.all(
      [test.relay, edge].map((relay) => look(test, { browser, served, relay })),
    );
    // As they ask for by themselves.
    assert.match(test.relay.log(), /"session started".*"protocol":"moq-lite-04"/);
    assert.match(edge.log(), /"session started".*"protocol":"moq-lite-05"/);
  },
  { missing: chromiumMissing },
);

relayTest(
  "what @moq/publish films in Chromium is seen in @moq/watch in Firefox, by draft 18",
  async (test) => {
    await using served = await servePage(PAGE);
    const [browser] = await Promise.all([
      test.join(() => FIREFOX.launch()),
      film(test, served),
    ]);
    await look(test, { browser, served, relay: test.relay });
    // The library trusts no WebTransport of Firefox.
    assert.match(test.relay.log(), /"transport":"websocket","protocol":"moqt-18"/);
  },
  {
    config: { server: { protocols: ["moqt-18"] } },
    missing: FIREFOX.missing ?? chromiumMissing,
  },
);

const PAGE = new URL("camera_page.ts", import.meta.url);

/** A relay that takes what it lacks from another one. */
function startEdge({ port, certificateHash }: RelayProcess): Promise<RelayProcess> {
  return startRelay({
    upstream: [`moqt://127.0.0.1:${port}#sha256=${certificateHash.toHex()}`],
  });
}

/** Publishes what a camera sees, in a browser of its own. */
async function film({ relay, join }: RelayTest, served: PageServer): Promise<Browser> {
  const { browser } = await join(startCamera);
  const page = await browser.newPage();
  await page.goto(served.url);
  await page.evaluate(
    ([url, name]) => (globalThis as unknown as CameraPage).publishCamera(url, name),
    [urlOf(relay), NAME] as const,
  );
  return browser;
}

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

/** Where the film is looked at. */
interface Screen {
  readonly browser: Browser;
  readonly served: PageServer;
  readonly relay: RelayProcess;
}

/** Plays the film until it was seen to go on for a while. */
async function look({ deadline }: RelayTest, { browser, served, relay }: Screen): Promise<void> {
  const page = await browser.newPage();
  await page.goto(served.url);
  await page.evaluate(
    ([url, name]) => (globalThis as unknown as CameraPage).play(url, name),
    [urlOf(relay), NAME] as const,
  );
  const pictures = page.evaluate(
    (count) => (globalThis as unknown as CameraPage).pictures(count),
    ENOUGH,
  );
  const seen = await deadline.for(`${ENOUGH} pictures`, pictures);
  const goesOn = seen.every((number, at) => {
    if (number === undefined || at === 0) return number !== undefined;
    // A busy machine leaves some out, but none comes after a later one; behind the last is the first.
    return (number - seen[at - 1]! + PICTURES) % PICTURES < PICTURES / 2;
  });
  assert.ok(goesOn, `The pictures were ${seen.join(", ")}`);
}

/** Where the elements ask for the hash of the certificate before they connect. */
function urlOf({ port }: RelayProcess): string {
  return `http://127.0.0.1:${port}/`;
}
