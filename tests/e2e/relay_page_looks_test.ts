/** The relay's pages for whoever reads them on a phone, in the dark, by keyboard or by ear. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";

const PAGES = ["", "watch", "watch?name=live/none.hang", "publish"];
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 800 };

/** Where pictures of the pages are put to be looked at: nowhere, unless this says. */
const PICTURES = Deno.env.get("PAGE_PICTURES");

chromiumTest(
  "axe finds nothing on the relay's pages, in light, dark and on a phone",
  async (browser) => {
    await using relay = await startRelay({ relay: { node_id: "edge-1" } });
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ colorScheme, viewport: DESK });
      const page = await context.newPage();
      for (const path of PAGES) {
        await open(page, relay, path);
        await assertAccessible(page, path);
        await takePicture(page, `${path}_${colorScheme}_desk`);
        await page.setViewportSize(PHONE);
        await assertAccessible(page, path);
        await isNoWider(page, path);
        await takePicture(page, `${path}_${colorScheme}_phone`);
        await page.setViewportSize(DESK);
      }
      await context.close();
    }
  },
);

chromiumTest("a picture is published on the relay's page by keyboard alone", async (browser) => {
  await using relay = await startRelay();
  const page = await browser.newPage();
  await open(page, relay, "publish");
  // Small: this machine has other work.
  await page.locator("#size").selectOption("320x180");
  await page.locator("[name=source]:checked").focus();
  for (let presses = 0; presses < 3; presses++) await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator("[name=source]:checked").inputValue(), "picture");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "name");
  await page.keyboard.press("Enter");
  await page.locator("#live").waitFor();
  await assertAccessible(page, "publish");
  await page.locator("#start").focus();
  await page.keyboard.press("Enter");
  await page.locator("#live").waitFor({ state: "hidden" });
});

chromiumTest("the relay's page says in words that there is no camera", async (browser) => {
  await using relay = await startRelay();
  const page = await browser.newPage();
  await open(page, relay, "publish");
  await page.locator("#start").click();
  await page.locator("#words", { hasText: /^Camera: / }).waitFor();
  assert.equal(await page.locator("#start").innerText(), "Start");
});

async function open(page: Page, relay: RelayProcess, path: string): Promise<void> {
  await page.goto(`http://127.0.0.1:${relay.port}/${path}`);
  await page.locator("#state.connected, #state.serving").waitFor();
}

async function takePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.screenshot({ path: `${PICTURES}/${name.replace(/\W+/g, "_")}.png`, fullPage: true });
}

/** Nobody scrolls sideways but in a table. */
async function isNoWider(page: Page, path: string): Promise<void> {
  const [content, window] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = (globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } };
    }).document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  assert.ok(content <= window, `${path} is ${content} wide where there are ${window}`);
}

async function focused(page: Page): Promise<string> {
  return await page.locator(":focus").getAttribute("id") ?? "";
}
