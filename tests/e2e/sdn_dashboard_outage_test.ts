/** What whoever is woken at night reads on the controller's page, and the pictures of it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { chromiumTest } from "../support/processes/chromium.ts";
import { openDashboard } from "../support/processes/dashboard_page.ts";
import { type Beat, startPageWorld } from "../support/worlds/page_world.ts";

/** Where pictures of the page are put to be looked at: nowhere, unless this says. */
const PICTURES = Deno.env.get("DASHBOARD_PICTURES");

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

function link(rtt: number, up = true) {
  return { cost: rtt, rtt_ms: rtt, up };
}

function load(sessions: number, cpu: number) {
  return { sessions, subscriptions: 2 * sessions, egress_bps: sessions * 3e6, cpu };
}

function flow(track: string, next_hop: string, source: string) {
  return { track: `${track}/~/video`, next_hop, source };
}

const MESH: Readonly<Record<string, Beat>> = {
  tokyo: {
    region: "asia",
    address: "https://tokyo.example:4433",
    links: { singapore: link(68), oregon: link(95) },
    load: load(120, 0.35),
    announces: ["live/concert", "live/talk"],
  },
  singapore: {
    region: "asia",
    address: "https://singapore.example:4433",
    links: { tokyo: link(68), frankfurt: link(160) },
    load: load(80, 0.2),
    flows: [flow("live/concert", "tokyo", "tokyo")],
  },
  oregon: {
    region: "america",
    address: "https://oregon.example:4433",
    links: { tokyo: link(95), ohio: link(50) },
    load: load(45, 0.15),
    flows: [flow("live/concert", "tokyo", "tokyo"), flow("live/news", "ohio", "ohio")],
  },
  ohio: {
    region: "america",
    address: "https://ohio.example:4433",
    links: { oregon: link(50), "frankfurt": link(85) },
    load: load(210, 0.6),
    announces: ["live/news"],
    flows: [flow("live/concert", "oregon", "tokyo")],
  },
  frankfurt: {
    region: "europe",
    address: "https://frankfurt.example:4433",
    links: { ohio: link(85), singapore: link(160), "paris-1": link(9) },
    load: load(150, 0.4),
    flows: [flow("live/concert", "singapore", "tokyo"), flow("live/news", "ohio", "ohio")],
  },
  "paris-1": {
    region: "europe",
    address: "https://paris.example:4433",
    host: "paris",
    links: { frankfurt: link(9), "paris-2": link(1) },
    load: load(90, 0.75),
    flows: [flow("live/concert", "frankfurt", "tokyo")],
  },
  "paris-2": {
    region: "europe",
    address: "https://paris.example:4434",
    host: "paris",
    links: { "paris-1": link(1) },
    load: load(20, 0.2),
  },
};

chromiumTest(
  "the first screen after a relay died says which, since when, who is hurt and what to do",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat(MESH);
    await world.pass(20 * 60_000, Object.keys(MESH));
    const desk = await openDashboard(browser, world.url, { viewport: DESK });
    const phone = await openDashboard(browser, world.url, {
      viewport: PHONE,
      colorScheme: "dark",
      deviceScaleFactor: 2,
    });
    await desk.page.locator("#mesh-plots figure").first().waitFor();
    await showRoute(desk.page);
    await take(desk.page, "whole", { isWhole: true });

    const alive = Object.keys(MESH).filter((name) => name !== "ohio");
    await world.beat({
      oregon: { links: { tokyo: link(95), ohio: link(50, false) }, flows: [] },
      frankfurt: { links: { ...MESH["frankfurt"]!["links"] as object, ohio: link(85, false) } },
    });
    await world.pass(3_000, alive);
    await world.pass(57_000, alive);
    const expected = /^ohio is unreachable since .+, \d+ s ago/;
    for (const { page, problems } of [desk, phone]) {
      const told = page.locator("#attention-list li").filter({ hasText: expected });
      await told.filter({
        hasText: "It had 210 viewers and publishers with 420 subscriptions. Only it has live/news.",
      }).filter({ hasText: "See whether its process runs" }).waitFor();
      const { y, height } = (await told.boundingBox())!;
      const { height: screen } = page.viewportSize()!;
      assert.ok(y >= 0 && y + height <= screen, `at ${y}, ${height} high, of ${screen}`);
      await page.locator("#status-text", { hasText: "ohio unreachable" }).waitFor();
      await page.locator("#mesh-plots .mark.bad").first().waitFor({ state: "attached" });
      assert.deepEqual(problems, []);
    }
    await take(desk.page, "died_desk_light");
    await take(desk.page, "died_desk_light_whole", { isWhole: true });
    await take(phone.page, "died_phone_dark");
    await desk.page.emulateMedia({ colorScheme: "dark" });
    await desk.page.locator("#attention-list button").first().click();
    await desk.page.locator("#detail-plots figure").first().waitFor();
    await take(desk.page, "opened_desk_dark");
    await phone.page.emulateMedia({ colorScheme: "light" });
    await phone.page.locator("#attention-list button").first().click();
    await phone.page.locator("#detail-plots figure").first().waitFor();
    await take(phone.page, "opened_phone_light", { isWhole: true });
  },
);

async function showRoute(page: Page): Promise<void> {
  await page.getByLabel("From", { exact: true }).selectOption("frankfurt");
  await page.getByLabel("To", { exact: true }).selectOption("tokyo");
  await page.getByRole("button", { name: "Show the route" }).click();
  await page.locator("#route-result .best").waitFor();
}

async function take(page: Page, name: string, { isWhole = false } = {}): Promise<void> {
  if (PICTURES === undefined) return;
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: isWhole });
}
