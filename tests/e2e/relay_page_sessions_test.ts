/** What the relay's pages say of their session, and by which of their sessions they find a name. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { ffmpegMissing, startEncoder } from "../peers/encoder.ts";
import { picturesSeen, startPublishing } from "../peers/media_pages.ts";
import type { Page as AnyPage } from "../peers/browsers.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { relayChromiumTest } from "../support/processes/relay_test_case.ts";

const KEY = await generate("HS256", "main");
const KEY_FILE = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(KEY_FILE, JSON.stringify(KEY));
globalThis.addEventListener("unload", () => Deno.removeSync(KEY_FILE));

const TOKENS = { mode: "token", keys: [KEY_FILE] };
const MINUTE = 60_000;

/** A page, and what was on its banner since it was opened. */
async function open(
  browser: Browser,
  relay: RelayProcess,
  path: string,
  { hasWebTransport = true } = {},
) {
  const page = await browser.newPage();
  const banners: string[] = [];
  await page.exposeFunction("bannerSays", (text: string) => void banners.push(text));
  await page.addInitScript(watchBanner);
  if (!hasWebTransport) await page.addInitScript(breakWebTransport);
  await page.goto(`http://127.0.0.1:${relay.port}/${path}`);
  return { page, banners };
}

/** As in a network without UDP. */
function breakWebTransport(): void {
  const fails = () => Promise.reject(new Error("no UDP"));
  (globalThis as { WebTransport?: unknown }).WebTransport = class {
    readonly ready = fails();
    readonly closed = fails();
    close(): void {}
  };
}

function watchBanner(): void {
  const { document, MutationObserver, bannerSays } = globalThis as unknown as {
    document: {
      addEventListener(event: string, act: () => void): void;
      getElementById(id: string): { readonly textContent: string };
    };
    MutationObserver: new (act: () => void) => {
      observe(node: unknown, options: object): void;
    };
    bannerSays(text: string): void;
  };
  document.addEventListener("DOMContentLoaded", () => {
    const banner = document.getElementById("banner");
    new MutationObserver(() => bannerSays(banner.textContent))
      .observe(banner, { childList: true, subtree: true, characterData: true });
  });
}

const seen = (page: Page, count: number) => picturesSeen(page as unknown as AnyPage, count);

relayChromiumTest(
  "a page whose session is refused says why, and nothing else",
  async ({ relay }, browser) => {
    const { page, banners } = await open(browser, relay, "watch?name=live/cam.hang", {
      hasWebTransport: false,
    });
    await page.locator("#banner", { hasText: "no token was shown" }).waitFor();
    // And once more.
    await page.locator("#state", { hasText: "connected" }).waitFor();
    await page.locator("#state", { hasText: "no connection" }).waitFor();
    assert.deepEqual(banners.filter((text) => /UDP|certificate/.test(text)), []);
    assert.deepEqual(
      [...new Set(banners.filter((text) => text !== "").map((text) => text.includes("no token")))],
      [true],
    );
  },
  { config: { auth: TOKENS }, milliseconds: MINUTE },
);

relayChromiumTest(
  "a page says that a name needs a token, where others need none",
  async ({ relay }, browser) => {
    const { page } = await open(browser, relay, "watch?name=secret/cam.hang");
    await page.locator("#words", { hasText: /not shown \(no token was shown: it may want a token/ })
      .waitFor();
    const get = await sign(KEY, { root: "", get: "secret" });
    await page.goto(`${page.url()}&jwt=${get}`);
    await page.locator("#words", { hasText: "Waiting for it to begin" }).waitFor();
  },
  {
    config: { auth: { ...TOKENS, public: { subscribe: ["open"] } } },
    milliseconds: MINUTE,
  },
);

relayChromiumTest(
  "a page at a path plays what an encoder publishes under the whole name",
  async ({ relay }, browser) => {
    const rtmp = /"listening for RTMP".*?"address":"([^"]+)"/.exec(relay.log())?.[1];
    const put = await sign(KEY, { root: "demo", put: "room" });
    const get = await sign(KEY, { root: "demo", get: "room" });
    await using _encoder = await startEncoder({ url: `rtmp://${rtmp}/demo/room/cam?jwt=${put}` });
    const { page } = await open(browser, relay, `watch?path=/demo&name=room/cam&jwt=${get}`);
    await page.locator("#names", { hasText: "room/cam" }).waitFor();
    await page.locator("#figures", { hasText: /Pictures\s*[1-9]\d*\/s/ }).waitFor();
  },
  {
    config: { auth: TOKENS, ingest: { rtmp: { address: "127.0.0.1:0" } } },
    missing: ffmpegMissing,
    milliseconds: 2 * MINUTE,
  },
);

relayChromiumTest(
  "the page of a publisher is not troubled by viewers that leave",
  async ({ relay }, browser) => {
    const { page } = await open(browser, relay, "publish");
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await startPublishing(page as unknown as AnyPage, { name: "live/cam.hang" });
    for (let viewers = 0; viewers < 4; viewers++) {
      const viewer = await open(browser, relay, "watch?name=live/cam.hang");
      await seen(viewer.page, 3);
      await viewer.page.close();
      await page.locator("#figures", { hasText: /Viewers\s*0/ }).waitFor();
    }
    assert.deepEqual(problems, []);
  },
  { milliseconds: 2 * MINUTE },
);
