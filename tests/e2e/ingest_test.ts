/** ffmpeg and OBS send a film, and moq-dev's player shows it: what was filmed is seen by its pixels. */
import assert from "node:assert/strict";
import { type Browser, CHROMIUM } from "../peers/browsers.ts";
import type { CameraPage } from "../peers/camera_page.ts";
import { ffmpegMissing, MP4_BY_PUT, startEncoder } from "../peers/encoder.ts";
import { moqCliMissing, watchFilm } from "../peers/moq_cli.ts";
import { PICTURES } from "../peers/numbered_picture.ts";
import { obsMissing, startObs } from "../peers/obs.ts";
import { readDocuments } from "../support/documents/document.ts";
import { type PageServer, servePage } from "../support/processes/page_server.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { until } from "../support/until.ts";

// Three seconds, and more key frames than one.
const ENOUGH = 30;
/** More than the picture of one second. */
const LENGTH = 4_000;
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
  { config: RTMP, missing },
);

relayTest(
  "what ffmpeg sends by RTMPS arrives, and operators see the encoder",
  async ({ relay }) => {
    const url = `${rtmpOf(relay).replace("rtmp:", "rtmps:")}/${NAME}`;
    await using _encoder = await startEncoder({ url });
    const encoders = async () => JSON.parse(await relay.get("/status/encoders")).items;
    await until("the encoder's rate", async () => (await encoders())[0]?.bits_per_second > 0);
    const [{ protocol, namespace, codecs }] = await encoders();
    assert.deepEqual([protocol, namespace], ["rtmp", NAME]);
    assert.match(codecs.join(" "), /avc1\.\S+ mp4a\.40\.2|mp4a\.40\.2 avc1\.\S+/);
  },
  {
    config: { ingest: { rtmp: { address: "127.0.0.1:0", tls: true } } },
    missing: ffmpegMissing,
  },
);

relayTest(
  "what ffmpeg sends by HTTP as fragmented MP4 is seen in @moq/watch",
  async (test) => {
    await using served = await servePage(PAGE);
    await using _encoder = await startEncoder({
      url: `http://127.0.0.1:${test.relay.port}/ingest/${NAME}`,
      format: MP4_BY_PUT,
    });
    const browser = await test.join(() => CHROMIUM.launch());
    await look(test, { browser, served, relay: test.relay });
  },
  { config: { ingest: { http: true } }, missing },
);

relayTest(
  "an encoder that is killed and started again is seen again, by the player that waits",
  async (test) => {
    const { relay, deadline } = test;
    await using served = await servePage(PAGE);
    const url = `${rtmpOf(relay)}/${NAME}`;
    const browser = await test.join(() => CHROMIUM.launch());
    await using first = await startEncoder({ url });
    const page = await play({ browser, served, relay });
    await deadline.for("the film", picturesOf(page, ENOUGH / 2));
    await first.kill();
    await using _second = await startEncoder({ url });
    await deadline.for("the film after the crash", picturesOf(page, ENOUGH * 2));
    assert.match(relay.log(), /"encoder ended".*"how":"lost"/);
    assert.match(await relay.metrics(), /encoders_started_total\{.*"rtmp".*\} 2/);
  },
  { config: { ingest: { ...RTMP.ingest, reconnect_ms: 120_000 } }, missing },
);

relayTest(
  "what ffmpeg sends by RTMP is exported by moq's command line",
  async ({ relay, deadline }) => {
    await using _encoder = await startEncoder({ url: `${rtmpOf(relay)}/${NAME}` });
    await using viewer = watchFilm(relay, NAME);
    const film = await deadline.for("the film", viewer.read(LENGTH));
    assert.deepEqual([...film.subarray(0, 4)], [0, 0, 0, 1]);
    assert.ok(film.length >= LENGTH);
  },
  { config: RTMP, missing: ffmpegMissing ?? moqCliMissing },
);

relayTest(
  "what OBS sends with the profile of the guide is seen in @moq/watch",
  async (test) => {
    const documents = await readDocuments();
    const { blocks } = documents.find(({ path }) => path === "relay/docs/clients.md")!;
    const profile = blocks.find(({ lines }) => lines.includes("[SimpleOutput]"));
    assert.ok(profile, "the guide has a profile");
    await using served = await servePage(PAGE);
    const server = `${rtmpOf(test.relay)}/live`;
    await using _obs = await startObs({
      server,
      streamKey: "cam",
      profile: profile.lines.join("\n"),
    });
    const browser = await test.join(() => CHROMIUM.launch());
    await look(test, { browser, served, relay: test.relay });
  },
  { config: RTMP, missing: obsMissing ?? CHROMIUM.missing, milliseconds: 300_000 },
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

type Page = Awaited<ReturnType<Browser["newPage"]>>;

/** Where the film is looked at. */
interface Screen {
  readonly browser: Browser;
  readonly served: PageServer;
  readonly relay: RelayProcess;
}

/** Opens a page that plays the film. */
async function play({ browser, served, relay }: Screen): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(served.url);
  await page.evaluate(
    ([url, name]) => (globalThis as unknown as CameraPage).play(url, name),
    [`http://127.0.0.1:${relay.port}/`, NAME] as const,
  );
  return page;
}

/** What was seen, once it was so many pictures. */
function picturesOf(page: Page, count: number): Promise<readonly (number | undefined)[]> {
  return page.evaluate(
    (count) => (globalThis as unknown as CameraPage).pictures(count),
    count,
  );
}

/** Plays the film until it was seen to go on for a while. */
async function look({ deadline }: RelayTest, screen: Screen): Promise<void> {
  const seen = await deadline.for(`${ENOUGH} pictures`, picturesOf(await play(screen), ENOUGH));
  const goesOn = seen.every((number, at) => {
    if (number === undefined || at === 0) return number !== undefined;
    // A busy machine leaves some out, but none comes after a later one; behind the last is the first.
    return (number - seen[at - 1]! + PICTURES) % PICTURES < PICTURES / 2;
  });
  assert.ok(goesOn, `The pictures were ${seen.join(", ")}`);
}
