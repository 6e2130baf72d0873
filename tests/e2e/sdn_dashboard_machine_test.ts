/** A machine that is opened in Chromium: its relays together, and what if it died. */
import assert from "node:assert/strict";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { openDashboard, relayOf, showsRows } from "../support/processes/dashboard_page.ts";
import { type Beat, startPageWorld } from "../support/worlds/page_world.ts";

const RELAYS = ["a", "tokyo-1", "tokyo-2", "c", "d"];
const via = (next_hop: string) => [{ track: "live/~/video", next_hop, source: "d" }];
const member = (load: object, links: Beat, more: Beat = {}): Beat => ({
  region: "asia",
  host: "tokyo",
  load: { sessions: 10, egress_bps: 1e6, ...load },
  links,
  ...more,
});

/** Video goes from d over one relay of the machine to a; another one could stand in for it. */
const MESH: Readonly<Record<string, Beat>> = {
  a: { links: { "tokyo-1": {}, "tokyo-2": {}, c: { cost: 9 } }, flows: via("tokyo-1") },
  "tokyo-1": member({ cpu: 0.75 }, { a: {}, d: {} }, { flows: via("d") }),
  "tokyo-2": member({ cpu: 0.25 }, { a: {}, d: {} }, { announces: ["talk"] }),
  c: { links: { a: { cost: 9 }, d: { cost: 9 } } },
  d: { links: { "tokyo-1": {}, "tokyo-2": {}, c: { cost: 9 } }, announces: ["live"] },
};

chromiumTest(
  "a machine is opened as one: its sums, its last hour, its events, and what if it died",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat(MESH);
    const { page, problems } = await openDashboard(browser, world.url);
    const opener = page.locator("#machines").getByRole("button", { name: "tokyo", exact: true });
    await opener.focus();
    await page.keyboard.press("Enter");
    const says = (hasText: string | RegExp) =>
      page.locator("#detail-words").filter({ hasText }).waitFor();
    await page.locator("#detail-title", { hasText: /^tokyo$/ }).waitFor();
    await page.locator("#detail-kind", { hasText: "Machine" }).waitFor();
    await says("asia · 2 relays · 20 sessions · 2 Mbit/s · processor 50 %");
    assert.equal(new URL(page.url()).hash, "#host=tokyo");
    // Its relays are drawn one by one while it is open.
    await relayOf(page, "tokyo-2").waitFor();

    // One relay of it can be spared; both cannot.
    await page.locator("#detail-if", { hasText: "If the machine tokyo died" }).waitFor();
    const now = "a → tokyo-1 → d";
    await showsRows(page, "What if it failed", [["a", "1", now, "a → c → d"]]);
    await page.locator("#detail-sum", { hasText: "Every path has another. Only it has talk." })
      .waitFor();
    await world.pass(30_000, RELAYS);
    const { page: other } = await openDashboard(browser, page.url());
    await other.getByRole("img", { name: /^Sessions, .*: 20$/ }).waitFor();
    await other.getByRole("img", { name: /^Processor, .*: 50 %$/ }).waitFor();
    await world.beat({ a: { links: { "tokyo-1": {}, "tokyo-2": {} } }, c: { links: { d: {} } } });
    const cut = "cut off: no path between nodes: every path leads through tokyo";
    await showsRows(page, "What if it failed", [["a", "1", now, cut]]);
    await assertAccessible(page, "a machine");

    // One of its relays drains, and dies.
    await world.ask("POST", "/relay/tokyo-2/drain");
    await says(/ · tokyo-2 draining$/);
    await page.locator("#detail-events li", { hasText: "tokyo-2 was told to drain" }).waitFor();
    await page.goBack();
    await page.locator("#detail").waitFor({ state: "hidden" });
    await page.goForward();
    await says(/ · tokyo-2 draining$/);
    for (const relay of ["tokyo-1", "tokyo-2"]) await world.ask("DELETE", `/relay/${relay}`);
    await says("Gone: no relay is on it.");
    assert.equal(await opener.count(), 0);
    assert.deepEqual(problems, []);
  },
);
