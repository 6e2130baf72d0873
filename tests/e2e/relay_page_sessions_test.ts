/** What the relay's pages say of their session, and by which of their sessions they find a name. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { ffmpegMissing, startEncoder } from "../peers/encoder.ts";
import { picturesSeen, startPublishing } from "../peers/media_pages.ts";
import type { Page as AnyPage } from "../peers/browsers.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { relayChromiumTest } from "../support/processes/relay_test_case.ts";
import { until } from "../support/until.ts";

const KEY = await generate("HS256", "main");
const KEY_FILE = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(KEY_FILE, JSON.stringify(KEY));
globalThis.addEventListener("unload", () => Deno.removeSync(KEY_FILE));

const TOKENS = { mode: "token", keys: [KEY_FILE] };

/** A page, and what its banner and its state said, one after the other, since it was opened. */
async function open(
  browser: Browser,
  relay: RelayProcess,
  path: string,
  { hasWebTransport = true } = {},
) {
  const page = await browser.newPage();
  const said: Said = { banner: [], state: [] };
  await page.exposeFunction("says", (id: keyof Said, text: string) => void said[id].push(text));
  await page.addInitScript(watchTexts);
  if (!hasWebTransport) await page.addInitScript(breakWebTransport);
  await page.goto(`http://127.0.0.1:${relay.port}/${path}`);
  return { page, said };
}

/** Texts of the page by the ids of their elements. */
interface Said {
  readonly banner: string[];
  readonly state: string[];
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

function watchTexts(): void {
  const { document, MutationObserver, says } = globalThis as unknown as {
    document: {
      addEventListener(event: string, act: () => void): void;
      getElementById(id: string): { readonly textContent: string };
    };
    MutationObserver: new (act: () => void) => {
      observe(node: unknown, options: object): void;
    };
    says(id: string, text: string): void;
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const id of ["banner", "state"]) {
      const element = document.getElementById(id);
      new MutationObserver(() => says(id, element.textContent))
        .observe(element, { childList: true, subtree: true, characterData: true });
    }
  });
}

const seen = (page: Page, count: number) => picturesSeen(page as unknown as AnyPage, count);

relayChromiumTest(
  "a page whose session is refused says why, and nothing else",
  async ({ relay }, browser) => {
    const { page, said } = await open(browser, relay, "watch?name=live/cam.hang", {
      hasWebTransport: false,
    });
    await page.locator("#banner", { hasText: "no token was shown" }).waitFor();
    const refusals = () => said.state.filter((text) => text.includes("no connection")).length;
    await until("the page to be refused twice", () => refusals() >= 2);
    assert.deepEqual(said.banner.filter((text) => text !== "" && !text.includes("no token")), []);
  },
  { config: { auth: TOKENS } },
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
  },
);

relayChromiumTest(
  "a page that a controller sent somebody to shows the relay the controller's mark",
  async ({ relay }, browser) => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      // deno-lint-ignore no-explicit-any -- the browser's own, which tests are not checked with
      const here = globalThis as any;
      here.called = [];
      here.WebTransport = class extends here.WebTransport {
        constructor(url: string, options: unknown) {
          super(url, options);
          here.called.push(String(url));
        }
      };
    });
    const called = () => page.evaluate<string[]>("called");
    for (const [query, mark] of [["via=assign&", "assign"], ["", null]] as const) {
      await page.goto(`http://127.0.0.1:${relay.port}/watch?${query}name=live/cam`);
      await until("the page to call the relay", async () => (await called()).length > 0);
      const [url = ""] = await called();
      assert.equal(new URL(url).searchParams.get("via"), mark, url);
    }
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
);
