/** The relay's page in Chromium, before a relay in a process of its own. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { becomes } from "../support/until.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { readRows } from "../support/processes/dashboard_page.ts";
import { Deadline } from "../support/deadline.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";

/** Opens the page; what the browser complains of is kept. */
async function open(browser: Browser, relay: RelayProcess) {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    // Refusals are answers; the browser notes each of them.
    if (!message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`http://127.0.0.1:${relay.port}/`);
  return { page, problems };
}

chromiumTest("the relay's page shows who publishes what, and who watches it", async (browser) => {
  using deadline = new Deadline();
  await using relay = await startRelay({ relay: { node_id: "edge-1" } });
  const publisher = await deadline.for("a publisher", connectMoqt(relay));
  const publication = await deadline.for("a namespace", publisher.publish("live/room", ["video"]));
  const viewer = await deadline.for("a viewer", connectMoqt(relay));
  await deadline.for("a subscription", viewer.subscribe("live/room", "video"));
  await deadline.for("the relay's subscription", publication.subscribed("video"));

  const { page, problems } = await open(browser, relay);
  await page.locator("#state.serving").waitFor();
  assert.match(await page.locator("#about").innerText(), /^edge-1 · /);
  await becomes(async () => (await readRows(page, "Tracks")).map((row) => row.slice(0, 5)), [
    ["/", "live/room · video", "session 1", "", "1"],
  ]);
  await becomes(() => readRows(page, "Namespaces"), [["/", "live/room", "session 1"]]);
  assert.equal((await readRows(page, "Sessions")).length, 2);
  assert.equal(await page.getByRole("region", { name: "Links" }).isVisible(), false);
  assert.deepEqual(problems, []);
});

chromiumTest("the relay's page says that it is old once the relay is gone", async (browser) => {
  const relay = await startRelay();
  const { page } = await open(browser, relay);
  await page.locator("#state.serving").waitFor();
  await relay[Symbol.asyncDispose]();
  await page.locator('body[data-state="away"]').waitFor();
  assert.match(await page.locator("#banner").innerText(), /The last known values are shown/);
});
