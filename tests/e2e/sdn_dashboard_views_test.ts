/** What opened relays, links and tracks show in Chromium while the mesh changes. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import {
  openDashboard,
  readRows,
  recordTexts,
  relayOf,
  showsRows,
} from "../support/processes/dashboard_page.ts";
import { becomes, until } from "../support/until.ts";
import { type Beat, type PageWorld, startPageWorld } from "../support/worlds/page_world.ts";

const LINK = encodeURIComponent('["a","b"]');
const TRACK = encodeURIComponent("live/~/video");
const RELAYS = ["a", "b", "c", "d"];
const via = (next_hop: string) => [{ track: "live/~/video", next_hop, source: "d" }];

/** Video goes from d over b to a; another path leads over c. */
const MESH: Readonly<Record<string, Beat>> = {
  a: { region: "asia", links: { b: {}, c: { cost: 5 } }, flows: via("b"), load: { sessions: 3 } },
  b: {
    region: "asia",
    links: { a: {}, d: {} },
    flows: via("d"),
    load: { sessions: 9, subscriptions: 21 },
    announces: ["talk"],
  },
  c: { region: "europe", links: { a: { cost: 5 }, d: {} }, flows: [] },
  d: { region: "europe", links: { b: {}, c: {} }, announces: ["live"] },
};

/** The relay b, its link to a, and the track on it, each opened on a page of its own. */
async function openViews(browser: Browser, world: PageWorld) {
  await world.beat(MESH);
  const open = async (address: string) => {
    const { page, problems } = await openDashboard(browser, `${world.url}/#${address}`);
    const words = page.locator("#detail-words");
    await words.filter({ hasText: /\S/ }).waitFor();
    return {
      page,
      problems,
      says: (hasText: string | RegExp) => words.filter({ hasText }).waitFor(),
      happened: (hasText: string) =>
        page.locator("#detail-events li", { hasText }).first().waitFor(),
      texts: await recordTexts(page, "#detail-words"),
      needs: (hasText: string | RegExp) =>
        page.locator("#attention-list li").filter({ hasText }).waitFor(),
    };
  };
  const [relay, link, track] = [
    await open("relay=b"),
    await open(`link=${LINK}`),
    await open(`track=${TRACK}`),
  ];
  await relay.says("registered · asia");
  await link.says("up · carries 1 track");
  await track.says("From d: b → a, d → b");
  return { relay, link, track };
}

chromiumTest(
  "opened views follow a drain: what moves away, the relay's end, and its last hour",
  async (browser) => {
    await using world = await startPageWorld();
    const { relay, link, track } = await openViews(browser, world);
    await world.pass(60_000, RELAYS);
    await world.ask("POST", "/relay/b/drain");
    await relay.says("draining · asia");
    await relay.happened("b was told to drain by admin at 127.0.0.1");
    await relay.page.locator("#detail-if", { hasText: "If b died" }).waitFor();
    await showsRows(relay.page, "What if it failed", [["a", "1", "a → c → d", "a → c → d"]]);
    await link.page.locator('#graph [data-id="b"].draining').waitFor();
    assert.equal(await relay.page.locator("#attention").isVisible(), false, "a drain is planned");

    // It says so itself, and the track moves.
    await world.beat({ b: { draining: true }, a: { flows: via("c") }, c: { flows: via("d") } });
    await track.says("From d: c → a, d → b, d → c");
    await world.beat({ b: { flows: [] } });
    await track.says("From d: c → a, d → c");
    await link.says("up · carries 0 tracks");
    await relay.page.getByText("No track passes through it now").waitFor();
    await showsRows(track.page, "What if it failed", [
      ["a", "1", "a → c → d", "cut off: no path between nodes: every path leads through c"],
      ["c", "1", "c → d", "cut off: no other path"],
    ]);

    // Its process ends, and its neighbors no longer name it.
    await world.ask("DELETE", "/relay/b");
    await relay.says("deregistered");
    await world.beat({ a: { links: { c: { cost: 5 } } }, d: { links: { c: {} } } });
    await relay.says("Gone: it is not registered, and no neighbor names it.");
    await link.says("Gone: neither end declares it");
    await relay.happened("b deregistered: it shut down normally");
    await relay.page.getByRole("img", { name: /^Sessions, last \d+ s: 9$/ }).waitFor();
    await relay.page.locator("#detail-if", { hasText: "Now that b is gone" }).waitFor();
    // What is gone narrows no table, and dims no link.
    await becomes(async () => (await readRows(relay.page, "Links")).length, 4);
    assert.equal(await relay.page.locator("#graph .far").count(), 0);
    assert.equal(new URL(relay.page.url()).hash, "#relay=b", "the address still tells of it");
    assert.equal((await relay.texts()).filter((text) => text.includes("unreachable")).length, 0);
    for (const { problems } of [relay, link, track]) assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "opened views follow a relay's death: unreachable at once, expired, and back again",
  async (browser) => {
    await using world = await startPageWorld();
    const { relay, link, track } = await openViews(browser, world);
    await world.pass(60_000, RELAYS);
    await world.beat({
      a: { links: { b: { up: false }, c: { cost: 5 } }, flows: via("c") },
      d: { links: { b: { up: false }, c: {} } },
      c: { flows: via("d") },
    });
    await relay.says("unreachable · asia");
    await link.says("down · carries 0 tracks");
    await becomes(
      async () => (await readRows(track.page, "Links")).slice(0, 5).map(([, , state]) => state),
      ["down", "down", "down", "down", "up"],
    );
    await relay.page.locator("#detail-if", { hasText: "Now that b is unreachable" }).waitFor();
    await track.needs("It had 9 viewers and publishers with 21 subscriptions. Only it has talk.");
    await track.needs("See whether its process runs");
    // An unreachable relay is told of when it lasts.
    await world.pass(3_000, ["a", "c", "d"]);
    await relay.happened("b is unreachable: no neighbor reaches it (says a, d)");
    await relay.page.locator("#detail-plots .mark.bad").first().waitFor({ state: "attached" });
    await link.needs(/^b is unreachable since .*\d s ago/);
    await relay.page.locator("#detail-trouble", {
      hasText: /^b is unreachable since .*\d s ago\. What to do: No neighbor reaches it\./,
    }).waitFor();

    await world.pass(90_000, ["a", "c", "d"]);
    await relay.says("expired · asia");
    await relay.happened("b expired: no heartbeat for 90 s; only it had talk");
    // Its announces are gone from the directory, and what it had is still known.
    await track.needs("It had 9 viewers and publishers with 21 subscriptions. Only it had talk.");
    await relay.says(/Only it had talk$/);
    await world.beat({ c: { announces: ["talk"] } });
    await relay.says(/Only it had talk; others have it all again$/);
    await world.beat({ c: { announces: [] } });
    await relay.page.getByRole("img", { name: /Sessions, .*: not known now, 9 before$/ }).waitFor();
    await track.says("From d: c → a, d → c");
    assert.equal(await relayOf(relay.page, "b").getAttribute("aria-pressed"), "true");

    await world.beat(MESH);
    await relay.says("registered · asia");
    await link.says(/^up · carries 1 track · went down once in the last hour$/);
    await track.says("From d: b → a, d → b");
    await relay.happened("b registered: asia");
    await world.pass(30_000, RELAYS);
    await relay.page.getByRole("img", { name: /^Sessions, .*: 9$/ }).waitFor();
    await relay.page.locator("#attention").waitFor({ state: "hidden" });
    await relay.page.locator("#detail-trouble").waitFor({ state: "hidden" });
    const states = (await relay.texts()).map((text) => text.split(" · ")[0])
      .filter((state, at, all) => state !== all[at - 1]);
    assert.deepEqual(states, ["registered", "unreachable", "expired", "registered"]);
    for (const { problems } of [relay, link, track]) assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "opened views tell of each time that a link or a relay flaps, however short",
  async (browser) => {
    await using world = await startPageWorld();
    const { relay, link, track } = await openViews(browser, world);
    const links = (up: boolean) =>
      world.beat({
        a: { links: { b: { up }, c: { cost: 5 } } },
        b: { links: { a: { up }, d: {} } },
      });
    await links(false);
    await link.says("down · carries 1 track · went down once in the last hour");
    await link.needs("The link between a and b is down since");
    await link.needs("It carried 1 track.");
    await links(true);
    await link.says("up · carries 1 track · went down once in the last hour");
    await link.page.locator("#attention").waitFor({ state: "hidden" });
    // Nobody sees these two, and nobody misses them.
    for (const up of [false, true, false, true]) await links(up);
    await link.says("up · carries 1 track · went down 3 times in the last hour");
    await track.needs("The link between a and b flaps: down 3 times in 10 min");
    await link.page.locator("#events-of", { hasText: "a and b" }).waitFor();
    const told = () => link.page.locator("#log li", { hasText: "a says its link to b is" }).count();
    await becomes(told, 6);
    await world.pass(30_000, RELAYS);
    await until("the plot to have the marks", async () => {
      return await link.page.locator('#detail-plots [aria-label^="Up"] .mark.bad').count() === 6;
    });

    // A relay that starts again and again.
    for (let epoch = 1; epoch <= 3; epoch++) await world.beat({ b: { epoch } });
    await relay.happened("b registered again after a restart");
    await link.needs("b restarted 3 times in 10 min");
    assert.ok((await relay.texts()).every((text) => text === "registered · asia"));

    // It is over: ten quiet minutes later nobody is needed.
    await world.pass(11 * 60_000, RELAYS);
    await link.page.locator("#attention").waitFor({ state: "hidden" });
    await link.says("up · carries 1 track · went down 3 times in the last hour");
    for (const { problems } of [relay, link, track]) assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "a figure leads to the relays that it counts, and back",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat(MESH);
    await world.ask("POST", "/relay/c/drain");
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const { page, problems } = await openDashboard(browser, world.url, phone);
    const names = async () => (await readRows(page, "Relays")).map(([relay]) => relay);
    const inOrder = async () => (await names()).toSorted();
    await becomes(inOrder, RELAYS);
    await page.getByRole("link", { name: "Draining" }).click();
    await becomes(names, ["c"]);
    assert.equal(new URL(page.url()).hash, "#states=draining");
    const top = async () => {
      const { y, height } = (await page.locator("#relays-title:focus").boundingBox())!;
      return y >= 0 && y + height <= 844;
    };
    await becomes(top, true);
    await page.goBack();
    await becomes(inOrder, RELAYS);
    assert.equal(await page.getByRole("link", { name: "Unreachable" }).count(), 0, "nothing there");
    await page.getByRole("link", { name: "Sessions" }).click();
    await becomes(async () => (await names())[0], "b");
    await assertAccessible(page, "on a phone");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "an address that opens a relay brings it in sight, also on a phone",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat(MESH);
    // What needs attention comes first on the page.
    for (let epoch = 1; epoch <= 8; epoch++) await world.beat({ b: { epoch } });
    await world.beat({
      a: { links: { b: { up: false }, c: { cost: 5 } } },
      d: { links: { b: { up: false }, c: {} } },
    });
    await world.pass(3_000, ["a", "c", "d"]);
    const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
    const { page, problems } = await openDashboard(browser, `${world.url}/#relay=b`, phone);
    const boxOf = (selector: string) => page.locator(selector).boundingBox();
    const isInSight = async () => {
      const [header, title] = [await boxOf("header"), await boxOf("#detail-title:focus")];
      return title!.y >= header!.y + header!.height && title!.y + title!.height <= 640;
    };
    await becomes(isInSight, true);
    // Its events scroll, also by keyboard.
    const events = page.locator("#detail-events");
    await becomes(() => events.evaluate((list) => list.scrollHeight > list.clientHeight), true);
    await assertAccessible(page, "on a phone");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "opened views follow relays that come, and are opened, gone back from and closed by keyboard",
  async (browser) => {
    await using world = await startPageWorld();
    const { relay: { page, problems, says } } = await openViews(browser, world);
    await world.beat({
      e: { region: "asia", links: { b: {} } },
      b: { links: { a: {}, d: {}, e: {} } },
    });
    await page.locator("#detail-events li", { hasText: "b declares a link to e" }).waitFor();
    await showsRows(page, "Links", [
      ["a", "b"],
      ["b", "a"],
      ["b", "d"],
      ["b", "e"],
      ["d", "b"],
      ["e", "b"],
    ], ([from, to]) => [from, to]);

    const title = page.locator("#detail-title");
    const opener = page.locator("#relays").getByRole("button", { name: "e", exact: true });
    await opener.focus();
    await page.keyboard.press("Enter");
    await title.filter({ hasText: /^e$/ }).waitFor();
    await becomes(() => page.evaluate("document.activeElement?.id"), "detail-title");
    await page.goBack();
    await title.filter({ hasText: /^b$/ }).waitFor();
    await says("registered · asia");
    await page.goForward();
    await title.filter({ hasText: /^e$/ }).waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).focus();
    await page.keyboard.press("Escape");
    await page.locator("#detail").waitFor({ state: "hidden" });
    await becomes(() => page.evaluate("document.activeElement?.textContent"), "e");
    assert.equal(new URL(page.url()).hash, "");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "the overview plots the last hour of a mesh of three hundred relays, and what went wrong in it",
  async (browser) => {
    await using world = await startPageWorld();
    const name = (at: number) => `relay-${String(at % 300).padStart(3, "0")}`;
    const beats = (isOneDown: boolean) =>
      Object.fromEntries(
        Array.from({ length: isOneDown ? 299 : 300 }, (_, at): [string, Beat] => [name(at), {
          region: `region-${at % 12}`,
          load: { sessions: 2, subscriptions: 3, egress_bps: 1e6 },
          links: {
            [name(at + 299)]: {},
            [name(at + 1)]: { up: !isOneDown || name(at + 1) !== name(299) },
          },
        }]),
      );
    await world.beat(beats(false));
    const { page, problems } = await openDashboard(browser, world.url);
    await page.locator("#mesh-note", { hasText: "The first values follow within 30 s." }).waitFor();
    const shows = (name: RegExp) =>
      page.locator("#mesh-plots").getByRole("img", { name }).waitFor();
    await world.pass(30_000, []);
    await shows(/^Sessions of the mesh, .*: 600$/);
    await shows(/^Subscriptions of the mesh, .*: 900$/);
    await shows(/^Egress of the mesh, .*: 300 Mbit\/s$/);
    await shows(/^Relays missing of the mesh, .*: 0$/);
    await world.beat({
      [name(298)]: { links: { [name(297)]: {}, [name(299)]: { up: false } } },
      [name(0)]: { links: { [name(1)]: {}, [name(299)]: { up: false } } },
    });
    await world.pass(30_000, []);
    await shows(/^Relays missing of the mesh, .*: 1$/);
    await shows(/^Links down of the mesh, .*: 2$/);
    await shows(/^Sessions of the mesh, .*: 598$/);
    await page.locator("#mesh-plots .mark.bad title", { hasText: `${name(299)} is unreachable` })
      .first().waitFor({ state: "attached" });
    const sizes = await page.locator("#mesh-plots .plot").evaluateAll((plots) =>
      plots.map((plot) => plot.getBoundingClientRect()).map(({ width, height }) => [width, height])
    );
    assert.equal(sizes.length, 6);
    for (const [width, height] of sizes) assert.ok(width! >= 140 && height! <= 160, `${sizes}`);
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "the relays of one machine are drawn and listed as one, which unfolds, with how full each is",
  async (browser) => {
    await using world = await startPageWorld();
    const member = (links: readonly string[], cpu: number): Beat => ({
      region: "asia",
      host: "tokyo",
      load: { sessions: 10, egress_bps: 1e6, cpu },
      links: Object.fromEntries(links.map((link) => [link, {}])),
    });
    await world.beat({
      "tokyo-1": member(["tokyo-2", "london"], 0.75),
      "tokyo-2": member(["tokyo-1"], 0.25),
      london: { region: "europe", links: { "tokyo-1": {} }, load: { sessions: 1 } },
    });
    const { page, problems } = await openDashboard(browser, world.url);
    const machine = page.locator('#graph [aria-label*="the machine tokyo: 2 relays drawn as one"]');
    await machine.waitFor();
    assert.match(await machine.getAttribute("aria-label") ?? "", /, 20 sessions, processor 50 %$/);
    assert.equal(await page.locator("#graph .relay").count(), 2);
    const card = page.getByRole("table", { name: "Machines" });
    await becomes(() => card.locator("li").allInnerTexts(), [
      "tokyo-1\n75 %\npast 70 %: viewers go to a sibling",
      "tokyo-2\n25 %\ntakes viewers of its tracks",
    ]);
    await becomes(() => card.locator("td.figure").allInnerTexts(), ["20", "2 Mbit/s", "50 %"]);

    await page.getByRole("button", { name: "Unfold tokyo in the picture" }).focus();
    await page.keyboard.press("Enter");
    await relayOf(page, "tokyo-2").waitFor();
    // Whoever is sent the address sees the same.
    const { page: other } = await openDashboard(browser, page.url());
    await relayOf(other, "tokyo-1").waitFor();
    await page.getByRole("button", { name: "Fold tokyo in the picture" }).click();
    await machine.waitFor();
    await machine.click();
    await relayOf(page, "tokyo-2").waitFor();
    await page.getByRole("button", { name: "Fold all" }).click();
    await machine.waitFor();

    // One that drains stands alone and takes nobody.
    await world.beat({ "tokyo-2": { draining: true } });
    await page.locator('#graph [data-id="tokyo-2"].draining').waitFor();
    await card.locator("li", { hasText: "draining: takes nobody" }).waitFor();
    await card.getByRole("button", { name: "tokyo-2", exact: true }).click();
    await page.locator("#detail-words", { hasText: "with tokyo-1 on the machine tokyo" }).waitFor();
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "axe finds nothing on opened views, machines and plots, in light, dark and on a phone",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat(MESH);
    const tokyo = (cpu: number) => ({ region: "asia", host: "tokyo", load: { cpu } });
    await world.beat({ "tokyo-1": tokyo(0.8), "tokyo-2": tokyo(0.2) });
    await world.pass(30_000, [...RELAYS, "tokyo-1", "tokyo-2"]);
    await world.beat({
      a: { links: { b: { up: false }, c: {} } },
      d: { links: { b: { up: false }, c: {} } },
    });
    await world.pass(3_000, []);
    const opened = ["relay=b", `link=${LINK}`, `track=${TRACK}`, "relay=gone"];
    for (const [at, address] of opened.entries()) {
      const options = {
        colorScheme: at % 2 === 0 ? "dark" as const : "light" as const,
        viewport: at % 2 === 0 ? { width: 390, height: 800 } : { width: 1280, height: 900 },
      };
      const { page } = await openDashboard(browser, `${world.url}/#${address}`, options);
      await page.locator("#mesh-plots figure").first().waitFor();
      await page.locator("#attention-list li, #detail-plots figure").first().waitFor();
      await page.locator("#machines meter").first().waitFor();
      await assertAccessible(page, address);
      await page.context().close();
    }
  },
);
