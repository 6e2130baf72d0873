/** ffmpeg sends a film, and moq-dev's player shows it: what was filmed is seen by its pixels. */
import assert from "node:assert/strict";
import { type Browser, CHROMIUM } from "../peers/browsers.ts";
import type { CameraPage } from "../peers/camera_page.ts";
import { ffmpegMissing, startEncoder } from "../peers/encoder.ts";
import { PICTURES } from "../peers/numbered_picture.ts";
import { type PageServer, servePage } from "../support/processes/page_server.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";

// Three seconds, and more key frames than one.
const ENOUGH = 30;
const NAME = "live/cam";
const PAGE = new URL("../peers/camera_page.ts", import.meta.url);
const RTMP = { ingest: { rtmp: { address: "127.0.0.1:0" } } };
const missing = ffmpegMissing ?? CHROMIUM.missing;

relayTest(
  "what ffmpeg sends by RTMP is seen in @moq/watch through one relay and through two",
  async (test) => {
    await using edge = await startEdge(test.relay);
    await using served = await servePage(PAGE);
    await using _encoder = await startEncoder({ url: `${rtmpOf(test.relay)}/${NAME}` });
    const browser = await test.join(() => CHROMIUM.launch());
    await Promise.all(
      [test.relay, edge].map((relay) => look(test, { browser, served, relay })),
    );
  },
  { config: RTMP, missing, milliseconds: 90_000 },
);

/** Where RTMP is taken in. */
function rtmpOf(relay: RelayProcess): string {
  const address = /"listening for RTMP".*?"address":"([^"]+)"/.exec(relay.log())?.[1];
  assert.ok(address, "The relay does not say where it listens for RTMP");
  return `rtmp://${address}`;
}

/** A relay that takes what it lacks from another one. */
function startEdge({ port, certificateHash }: RelayProcess): Promise<RelayProcess> {
  return startRelay({
    upstream: [`moqt://127.0.0.1:${port}#sha256=${certificateHash.toHex()}`],
  });
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
    [`http://127.0.0.1:${relay.port}/`, NAME] as const,
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
