/** The table of relays in Chromium: their versions, and filters of words and states. */
import assert from "node:assert/strict";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { openDashboard, readRows } from "../support/processes/dashboard_page.ts";
import { becomes } from "../support/until.ts";
import { startPageWorld } from "../support/worlds/page_world.ts";

chromiumTest(
  "the page has the version of each relay, and says which relays differ from most",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat({
      a: { region: "asia", version: "1.2.0", links: { b: {} } },
      b: { version: "1.2.0", links: { a: {} } },
      c: { version: "1.2.0" },
    });
    const { page, problems } = await openDashboard(browser, `${world.url}/#relay=a`);
    const says = (hasText: string | RegExp) =>
      page.locator("#relays-versions").filter({ hasText }).waitFor({ state: "attached" });
    const versions = async () =>
      (await readRows(page, "Relays")).map(([relay, ...cells]) => `${relay} ${cells.at(-2)}`);
    await becomes(versions, ["a 1.2.0", "b 1.2.0", "c 1.2.0"]);
    await page.locator("#detail-words", { hasText: "registered · asia · version 1.2.0" }).waitFor();
    await says(/^$/);

    await world.beat({ c: { version: "1.1.0" } });
    await says("1 relay runs another version than most (1.2.0): c 1.1.0.");
    // One that is older than the field, as it was downgraded to.
    await world.beat({ d: {} });
    await says("2 relays run another version than most (1.2.0): c 1.1.0; d (too old to say it).");
    await world.beat({ b: { version: "1.1.0" }, d: { version: "1.2.0" } });
    await says("Relays run different versions: a, d 1.2.0; b, c 1.1.0.");
    await page.locator("#relays-search").fill("1.1.0");
    await becomes(versions, ["b 1.1.0", "c 1.1.0"]);
    await assertAccessible(page, "versions");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "relays are narrowed to several states at once, which the address keeps and back undoes",
  async (browser) => {
    await using world = await startPageWorld();
    const beats = (isLost: boolean) => ({
      a: { region: "asia", links: { b: { up: !isLost }, c: {} } },
      ...(!isLost && { b: { region: "asia", links: { a: {} } } }),
      c: { region: "europe", links: { a: {} } },
      d: { region: "europe", draining: true, links: {} },
    });
    await world.beat(beats(false));
    const { page, problems } = await openDashboard(browser, world.url);
    await world.beat(beats(true));
    const names = async () => (await readRows(page, "Relays")).map(([relay]) => relay);
    const state = (name: string) =>
      page.locator("#relays-states").getByRole("button", { name, exact: true });
    const clear = page.getByRole("button", { name: "Clear filters" });
    const hash = () => new URL(page.url()).hash;
    await becomes(names, ["b", "d", "a", "c"]);
    assert.equal(await clear.isVisible(), false);

    await state("unreachable 1").focus();
    await page.keyboard.press("Enter");
    await becomes(names, ["b"]);
    await state("draining 1").click();
    await becomes(names, ["b", "d"]);
    assert.equal(hash(), "#states=unreachable%2Cdraining");
    await page.locator("#relays-search").fill("europe");
    await becomes(names, ["d"]);
    const { page: other } = await openDashboard(browser, page.url());
    await becomes(async () => (await readRows(other, "Relays")).map(([relay]) => relay), ["d"]);
    assert.equal(await other.locator("#relays-states [aria-pressed=true]").count(), 2);

    // What is narrowed to follows what happens.
    await world.beat({ c: { draining: true } });
    await becomes(names, ["c", "d"]);
    await state("draining 2").waitFor();
    await page.goBack();
    await becomes(names, ["b"]);
    await page.goBack();
    await becomes(names, ["b", "c", "d", "a"]);
    await page.goForward();
    await becomes(names, ["b"]);
    await clear.click();
    await becomes(names, ["b", "c", "d", "a"]);
    await becomes(() => page.evaluate("document.activeElement?.id"), "relays-search");
    assert.equal(hash(), "");
    await page.goBack();
    await becomes(names, ["b"]);

    // A state that nobody has any more is said, and can be taken back.
    await world.beat(beats(false));
    await page.getByText("No relay matches.").waitFor();
    await state("unreachable 0").click();
    await becomes(names, ["c", "d", "a", "b"]);
    // An address that somebody wrote.
    await page.goto(`${world.url}/#states=nonsense,draining`);
    await becomes(names, ["c", "d"]);
    await assertAccessible(page, "filters");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "names and addresses that nobody meant stay texts within the page",
  async (browser) => {
    await using world = await startPageWorld();
    const long = "n".repeat(120);
    await world.beat({
      [long]: { region: "<img src=x onerror=alert(1)>", version: "v".repeat(64), links: { b: {} } },
      b: { version: "<script>alert(1)</script>", links: { [long]: {} } },
    });
    const viewport = { width: 390, height: 800 };
    const link = encodeURIComponent(JSON.stringify(["b", long]));
    const sort = "Relays:__proto__:up,Relays:Version:down,a:b:c:d,::";
    for (
      const hash of [
        `relay=${long}&sort=${sort}`,
        `link=${link}`,
        "link=%5B1",
        "unfold=null&%E0%A4%A",
      ]
    ) {
      const { page, problems } = await openDashboard(browser, `${world.url}/#${hash}`, {
        viewport,
      });
      await page.locator("#relays-versions", { hasText: "<script>" }).waitFor();
      await becomes(
        () => page.evaluate("document.documentElement.scrollWidth - innerWidth"),
        0,
      );
      assert.equal(await page.locator("main :is(img, script)").count(), 0);
      assert.deepEqual(problems, []);
      await page.context().close();
    }
  },
);
