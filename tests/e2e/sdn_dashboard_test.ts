/** The controller's page in Chromium, before a controller in a process of its own. */
import assert from "node:assert/strict";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { becomes, until } from "../support/until.ts";
import {
  cellOf as cell,
  drain,
  openDashboard as open,
  pointAt,
  readFigures as figures,
  readRows as rows,
  relayOf as relay,
  said,
  showsRows,
} from "../support/processes/dashboard_page.ts";
import { etcdMissing, startEtcd } from "../support/processes/etcd.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

/** So long that a busy browser shows each state that a relay passes through before its lease ends. */
const TTL_SECONDS = 30;

chromiumTest(
  "an empty controller's page says how to register a relay, and shows it",
  async (browser) => {
    await using program = await SdnProcess.start();
    const { page, problems } = await open(browser, program.url);
    const command = await page.locator("#empty-command").innerText();
    assert.equal(await page.locator("#network").isVisible(), false);
    const [, url, body] = /PUT (\S+)[^]* -d '(.+)'$/.exec(command) ?? assert.fail(command);
    const response = await fetch(url!, { method: "PUT", body: body! });
    await response.body?.cancel();
    assert.equal(response.status, 200);
    await relay(page, "tokyo").waitFor();
    await page.locator("#empty").waitFor({ state: "hidden" });
    await showsRows(page, "Links", [["tokyo", "london", "up", "120", "", ""]]);
    await page.locator('#graph [data-id="london"][aria-label$=", never registered"]').waitFor();
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "the page shows relays, links and announces, and follows their changes",
  async (browser) => {
    await using program = await SdnProcess.start();
    await program.register("tokyo", {
      region: "asia",
      address: "https://tokyo:4433",
      links: { london: { cost: 250, rtt_ms: 212, loss: 0.02 } },
      load: { sessions: 12, subscriptions: 40, egress_bps: 2_500_000, cpu: 0.5 },
      announces: ["live/a", "talk/b"],
    });
    await program.register("london", { region: "europe", links: { tokyo: { cost: 250 } } });
    const { page, problems } = await open(browser, program.url);

    await relay(page, "tokyo").waitFor();
    // When it was seen last hangs on when one looks.
    await showsRows(page, "Relays", [
      ["london", "europe", "", "registered", true, "", "", "", "", "0", "", "Drain…"],
      [
        "tokyo",
        "asia",
        "https://tokyo:4433",
        "registered",
        true,
        "12",
        "40",
        "2.5 Mbit/s",
        "50 %",
        "2",
        "",
        "Drain…",
      ],
    ], (row) => row.with(4, /^\d+ s ago$/.test(row[4]!) as never));
    await showsRows(page, "Links", [
      ["london", "tokyo", "up", "250", "", ""],
      ["tokyo", "london", "up", "250", "212 ms", "2 %"],
    ]);
    await becomes(() => figures(page), {
      "Registered": "2",
      "Unreachable": "0",
      "Expired": "0",
      "Never registered": "0",
      "Draining": "0",
      "Links up": "1",
      "Announces": "2",
      "Tracks on links": "0",
      "Sessions": "12",
      "Egress": "2.5 Mbit/s",
    });

    await page.getByLabel("Search tracks and relays").fill("TALK");
    await showsRows(page, "Directory", ["talk/b"], ([track]) => track);
    await page.getByLabel("Search tracks and relays").fill("");

    await program.register("paris", { region: "europe", links: { london: { cost: 8 } } });
    await relay(page, "paris").waitFor();
    await program.tell("PUT", "/announce/live/c", { relay: "paris" });
    await cell(page, "Directory", "live/c").waitFor();
    await program.register("london", { links: { tokyo: { cost: 250, up: false } } });
    await page.locator("path.link.down").waitFor();
    await cell(page, "Links", "down").first().waitFor();
    await program.tell("DELETE", "/relay/paris");
    await relay(page, "paris").waitFor({ state: "detached" });
    await cell(page, "Directory", "live/c").waitFor({ state: "detached" });
    await said(page, "paris registered: europe");
    await said(page, "london says its link to tokyo is down");
    await said(page, "paris deregistered");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "a relay that was killed is red at once, then expired, and keeps its place in the picture",
  async (browser) => {
    await using program = await SdnProcess.start({ graph: { node_ttl_sec: TTL_SECONDS } });
    const { page, problems } = await open(browser, program.url);
    const load = { sessions: 9, egress_bps: 1_000_000 };
    await program.register("dead", { region: "asia", links: { here: {} }, load });
    const here = (up: boolean) => program.register("here", { links: { dead: { up } } });
    await here(true);
    await page.locator('#graph [data-id="dead"].registered').waitFor();
    const place = await relay(page, "dead").getAttribute("transform");
    await here(false);
    await page.locator('#graph [data-id="dead"].unreachable').waitFor();
    await page.locator("#status-text", { hasText: "dead unreachable · 1 link down" }).waitFor();
    // The first row, without the numbers that it said last.
    await becomes(
      async () => (await rows(page, "Relays"))[0]?.toSpliced(4, 1),
      ["dead", "asia", "", "unreachable", "", "", "", "", "", "", ""],
    );
    await becomes(async () => (await figures(page))["Sessions"], "0");
    await said(page, "dead is unreachable: no neighbor reaches it (says here)");
    await until("the one that is dead to expire", async () => {
      await here(false);
      return await page.locator('#graph [data-id="dead"].expired').count() > 0;
    });
    assert.equal(await relay(page, "dead").getAttribute("transform"), place);
    await said(page, `dead expired: no heartbeat for ${TTL_SECONDS} s`);
    await becomes(async () => (await figures(page))["Never registered"], "0");
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "events from before the page was opened, and before the controller was restarted, are shown",
  async (browser) => {
    const folder = await Deno.makeTempDir();
    const config = { graph: { data_dir: folder } };
    await using first = await SdnProcess.start(config);
    await first.register("tokyo", { region: "asia" });
    await first.register("london", { region: "europe" });
    await first.end("SIGTERM");
    await using second = await SdnProcess.start(config);
    await second.tell("DELETE", "/relay/tokyo");
    const { page } = await open(browser, second.url);
    await said(page, "tokyo registered: asia");
    await said(page, "The controller started");
    await said(page, "tokyo deregistered");
    await page.getByLabel("Search events").fill("EUROPE");
    const texts = () => page.locator("#log li span").allTextContents();
    await becomes(texts, ["london registered: europe"]);
    await page.getByLabel("Only what went wrong").check();
    await page.getByText("No event matches.").waitFor();
    await Deno.remove(folder, { recursive: true });
  },
);

chromiumTest(
  "draining asks first and says that the process ends; a finger finds the button",
  async (browser) => {
    await using program = await SdnProcess.start();
    await program.register("tokyo", { load: { sessions: 7 } });
    const { page } = await open(browser, program.url, { viewport: { width: 390, height: 800 } });
    const button = page.locator("#relays").getByRole("button", { name: "Drain tokyo" });
    await button.waitFor();
    const { width, height } = (await button.boundingBox())!;
    assert.ok(width >= 44 && height >= 44, `${width} x ${height}`);
    const isDraining = async () => {
      const response = await fetch(`${program.url}/relay/tokyo`);
      return (await response.json()).state === "draining";
    };
    await button.click();
    await page.locator("#drain", { hasText: "its process exits" }).waitFor();
    await page.locator("#drain", { hasText: "It has 7 sessions now." }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("#drain").waitFor({ state: "hidden" });
    assert.equal(await isDraining(), false);
    await drain(page, "tokyo");
    await becomes(isDraining, true);
    await said(page, "tokyo was told to drain by admin at 127.0.0.1");
    await page.getByRole("button", { name: "Undrain tokyo" }).click();
    await becomes(isDraining, false);
  },
);

chromiumTest(
  "three hundred relays fit their card as regions that unfold, in pages that can be sorted, filtered and linked to",
  async (browser) => {
    await using program = await SdnProcess.start();
    const name = (at: number) => `relay-${String(at).padStart(3, "0")}`;
    for (let at = 0; at < 300; at++) {
      await program.register(name(at), {
        region: `region-${at % 12}`,
        load: { sessions: at },
        neighbors: { [name((at + 12) % 300)]: 5, [name((at + 1) % 300)]: 9 },
      });
    }
    const { page, problems } = await open(browser, program.url);
    // Each region is one, but for what fails.
    await becomes(() => page.locator("#graph .relay.folded").count(), 12);
    assert.equal(await page.locator("#graph .relay").count(), 12);
    const sizes = await page.locator("#graph").evaluate((graph) => {
      const letters = [...graph.querySelectorAll("text")].filter((text) => text.textContent !== "")
        .map((text) => text.getBoundingClientRect().height);
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = graph;
      const boxes = [...graph.querySelectorAll("text.name, .link-label rect, .flow-count rect")]
        .map((label) => label.getBoundingClientRect());
      const overlaps = boxes.filter((a, at) =>
        boxes.slice(at + 1).some((b) =>
          a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
        )
      );
      return {
        overlaps: overlaps.length,
        fits: scrollWidth <= clientWidth && scrollHeight <= clientHeight,
        least: Math.min(...letters),
      };
    });
    assert.ok(sizes.fits, "the picture does not fit its card");
    assert.equal(sizes.overlaps, 0, "labels overlap");
    assert.ok(sizes.least >= 10, `letters ${sizes.least} px high`);
    const names = async () => (await rows(page, "Relays")).map(([relay]) => relay);
    await becomes(async () => (await names()).length, 50);
    await page.getByRole("button", { name: "Sessions", exact: true }).click();
    await page.getByRole("button", { name: "Sessions", exact: true }).click();
    await becomes(async () => (await names())[0], name(299));
    await page.getByRole("button", { name: "Relays: Next" }).click();
    await becomes(async () => (await names())[0], name(249));
    await page.getByLabel("Filter by name, region, address, state or version").fill("region-7");
    await becomes(async () => (await names()).length, 25);
    await page.locator('#graph [aria-label^="region-7: 25 relays"]').focus();
    await page.keyboard.press("Enter");
    await relay(page, name(7)).waitFor();
    await becomes(() => page.locator("#graph .relay").count(), 11 + 25);
    await relay(page, name(7)).click();
    await page.locator("#events-of", { hasText: name(7) }).waitFor();
    await page.getByRole("button", { name: "Fold all" }).click();
    // The one that is open stays out.
    await becomes(() => page.locator("#graph .relay").count(), 12 + 1);

    // Whoever is sent the address sees the same.
    const link = await page.evaluate<string>("location.href");
    const { page: other } = await open(browser, link);
    await other.locator(`#graph [data-id="${name(7)}"][aria-pressed="true"]`).waitFor();
    await becomes(async () => (await rows(other, "Relays")).length, 25);
    assert.equal((await rows(other, "Relays"))[0]![0], name(295), "sorted by sessions as well");
    await other.goto(`${program.url}/#from=${name(0)}&to=${name(2)}`);
    await other.reload();
    await other.locator("#route-result .best").waitFor();
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "the route explorer shows the way, its reasons and alternates, and keeps up",
  async (browser) => {
    await using program = await SdnProcess.start();
    await program.register("a", { region: "x", neighbors: { b: 1, c: 5 } });
    await program.register("b", { region: "x", neighbors: { a: 1, d: 1 } });
    await program.register("c", { region: "y", neighbors: { a: 5, d: 5 } });
    await program.register("d", { region: "y", neighbors: { b: 1, c: 5 } });
    await program.register("alone", {});
    const { page, problems } = await open(browser, program.url);
    await relay(page, "d").waitFor();
    await page.getByLabel("From", { exact: true }).selectOption("a");
    await page.getByLabel("To", { exact: true }).selectOption("d");
    await page.getByRole("button", { name: "Show the route" }).click();
    const best = page.locator("#route-result .best");
    await best.waitFor();
    await becomes(() => best.locator(".step").allInnerTexts(), ["a", "b", "d"]);
    assert.equal(await best.locator("b").innerText(), "cost 2");
    const told = await page.locator("#route-result").innerText();
    assert.match(told, /c\n→\nd\ncost 10/);
    assert.match(told, /b: chosen/);
    assert.match(told, /c: costs more/);
    await becomes(() => page.locator("path.link.route").count(), 2);

    await page.getByRole("button", { name: "Drain b" }).focus();
    await page.keyboard.press("Enter");
    await page.locator("#drain-confirm").click();
    await best.locator("b", { hasText: "cost 10" }).waitFor();
    await becomes(() => best.locator(".step").allInnerTexts(), ["a", "c", "d"]);
    await page.locator("#route-result", { hasText: "b: carries no transit" }).waitFor();
    await page.locator('#graph [data-id="b"].draining').waitFor();
    await page.getByRole("button", { name: "Undrain b" }).click();
    await best.locator("b", { hasText: "cost 2" }).waitFor();

    await page.getByLabel("To", { exact: true }).selectOption("alone");
    await page.getByRole("button", { name: "Show the route" }).click();
    await page.getByText("No path between nodes").waitFor();
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "a relay chosen in the picture by keyboard narrows the links to its own",
  async (browser) => {
    await using program = await SdnProcess.start();
    await program.register("a", { neighbors: { b: 1 } });
    await program.register("b", { neighbors: { c: 1 } });
    await program.register("c", {});
    const { page } = await open(browser, program.url);
    await relay(page, "c").waitFor();
    await relay(page, "c").focus();
    await page.keyboard.press("Enter");
    await page.locator('#graph [data-id="c"][aria-pressed="true"]').waitFor();
    await showsRows(page, "Links", [["b", "c"]], ([from, to]) => [from, to]);
    await becomes(() => page.evaluate("document.activeElement?.dataset.id"), "c");
    await page.keyboard.press("Escape");
    await cell(page, "Links", "a").waitFor();
  },
);

chromiumTest(
  "links that carry tracks are seen at once, and say which when pointed at, focused or chosen",
  async (browser) => {
    await using program = await SdnProcess.start();
    const flow = (track: string, hop: string, source: string) => ({
      track: `live/~/${track}`,
      next_hop: hop,
      source,
    });
    const a = { neighbors: { b: 1, c: 5 } };
    const viaB = [flow("video", "b", "c"), flow("audio", "b", "c")];
    await program.register("a", { ...a, flows: viaB });
    await program.register("b", { neighbors: { c: 1 }, flows: [flow("video", "c", "c")] });
    await program.register("c", { neighbors: { b: 1 } });
    const { page, problems } = await open(browser, program.url);
    const carrier = (one: string, other: string) =>
      page.locator(`#graph [data-link='["${one}","${other}"]']`);
    await carrier("a", "b").waitFor();
    await becomes(() => page.locator("#graph [data-link]").count(), 2);
    await becomes(async () => (await page.locator(".flow-count").allTextContents()).sort(), [
      "1 track",
      "2 tracks",
    ]);
    assert.match(
      await carrier("a", "b").getAttribute("aria-label") ?? "",
      /carries 2 tracks: live\/~\/video to a, live\/~\/audio to a$/,
    );
    // From b, the second of the two names, to a.
    assert.equal(await carrier("a", "b").locator(".flow.back").count(), 1);
    assert.equal(await carrier("a", "b").locator(".flow.there").count(), 0);
    await showsRows(page, "Tracks on links", [
      ["live/~/video", "b", "a", "c"],
      ["live/~/audio", "b", "a", "c"],
      ["live/~/video", "c", "b", "c"],
    ]);
    await becomes(async () => (await figures(page))["Tracks on links"], "3");

    const words = page.locator("#link-words");
    const tracks = () => page.locator("#link-tracks li b").allTextContents();
    await pointAt(page, carrier("b", "c").locator(".grip"));
    await words.getByText("1 track between b and c").waitFor();
    await becomes(tracks, ["live/~/video"]);
    await page.mouse.move(0, 0);
    await words.getByText(/^Point at or select a link/).waitFor();
    await carrier("a", "b").focus();
    await words.getByText("2 tracks between a and b").waitFor();
    await becomes(tracks, ["live/~/video", "live/~/audio"]);
    await page.keyboard.press("Enter");
    await page.locator(`#graph [data-link='["a","b"]'][aria-pressed="true"]`).waitFor();
    await becomes(async () => (await rows(page, "Tracks on links")).length, 2);
    await showsRows(page, "Links", [["a", "b"]], ([from, to]) => [from, to]);
    await page.getByRole("heading", { name: "Directory" }).click();
    assert.equal(await words.innerText(), "2 tracks between a and b");

    // The track moves to the other link; the one that is open carries nothing more.
    await program.register("a", { ...a, flows: [flow("video", "c", "c")] });
    await carrier("a", "c").waitFor();
    await carrier("a", "b").waitFor({ state: "detached" });
    await page.locator("#detail-words", { hasText: "carries 0 tracks" }).waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.locator("#flows-filter").waitFor({ state: "hidden" });
    await program.tell("DELETE", "/relay/a");
    await carrier("a", "c").waitFor({ state: "detached" });
    await showsRows(page, "Tracks on links", [["live/~/video", "c", "b", "c"]]);
    await program.register("b", { neighbors: { c: 1 }, flows: [] });
    await page.getByText("No relay takes a track from another.").waitFor();
    await page.locator("#link-detail").waitFor({ state: "hidden" });
    assert.deepEqual(problems, []);
  },
);

/** What `GET /history` says of an hour: sessions that end, and one reroute. */
function hourOf(fields: Record<string, (at: number) => number | null>) {
  const points = (value: (at: number) => number | null) =>
    Array.from({ length: 120 }, (_, at) => value(at));
  const series = Object.entries(fields).map(([field, value]) => [field, points(value)]);
  const until = new Date().toISOString();
  return { until, step_ms: 30_000, left_out: 0, series: Object.fromEntries(series) };
}

chromiumTest(
  "a relay that died is told of at once: when, who is hurt, what to do; opened, it shows its hour",
  async (browser) => {
    await using program = await SdnProcess.start();
    const flows = [{ track: "live/~/video", next_hop: "b", source: "d" }];
    const a = (up: boolean) => ({ links: { b: { up }, c: {} }, flows });
    await program.register("a", a(true));
    await program.register("b", { links: { a: {}, d: {} }, announces: ["live", "talk"] });
    await program.register("c", { links: { a: {}, d: {} }, announces: ["talk"] });
    const d = (up: boolean) => ({ links: { b: { up }, c: {} } });
    await program.register("d", d(true));
    const { page, problems } = await open(browser, program.url);
    await page.route("**/history?relay=b", (route) =>
      route.fulfill({
        json: hourOf({
          sessions: (at) => at > 100 ? null : 9,
          subscriptions: (at) => at > 100 ? null : 21,
          egress_bps: () => 1e6,
          cpu: () => 0.5,
          reroutes: (at) => at === 101 ? 3 : 0,
        }),
      }));
    await relay(page, "b").waitFor();
    assert.equal(await page.locator("#attention").isVisible(), false);

    // Before it dies: what if it did.
    await page.getByRole("table", { name: "Tracks on links" }).getByRole("button", {
      name: "live/~/video",
    }).click();
    await page.locator("#detail-title", { hasText: "live/~/video" }).waitFor();
    await showsRows(page, "What if it failed", [["a", "1", "a → b → d", "a → c → d"]]);
    await becomes(() => page.locator("#graph .link.route").count(), 1);

    await program.register("a", a(false));
    await program.register("d", d(false));
    const told = page.locator("#attention-list li");
    await told.filter({ hasText: /^b is unreachable since \d/ }).waitFor();
    await told.filter({
      hasText: "It had 9 viewers and publishers with 21 subscriptions. Only it has live.",
    })
      .waitFor();
    await told.filter({ hasText: "See whether its process runs" }).waitFor();
    assert.equal(await told.count(), 1, "its links are not told of beside it");
    await told.getByRole("button").click();
    await page.locator("#detail-title", { hasText: "b" }).waitFor();
    await page.getByRole("img", { name: /^Sessions, last 59 min: not known now, 9 before$/ })
      .waitFor();
    await page.getByRole("img", { name: "Reroutes, last 59 min: 0" }).waitFor();
    await page.locator("#detail-events li", { hasText: "b is unreachable" }).waitFor();
    await page.locator("#detail-plots .plot .mark.bad").first().waitFor({ state: "attached" });

    // Back to the track, and to nothing; an address opens it again.
    const link = await page.evaluate<string>("location.href");
    await page.goBack();
    await page.locator("#detail-title", { hasText: "live/~/video" }).waitFor();
    await page.goBack();
    await page.locator("#detail").waitFor({ state: "hidden" });
    const { page: other } = await open(browser, link);
    await other.locator("#detail-title", { hasText: "b" }).waitFor();
    // The controller itself has no sample yet, or has one.
    await other.locator("#detail-note, #detail-plots figure").first().waitFor({
      state: "attached",
    });
    await program.register("a", a(true));
    await program.register("d", d(true));
    await page.locator("#attention").waitFor({ state: "hidden" });
    assert.deepEqual(problems, []);
  },
);

chromiumTest(
  "axe finds nothing on the page, with three relays and with many, in light, dark and on a phone",
  async (browser) => {
    await using program = await SdnProcess.start();
    const load = { sessions: 9, egress_bps: 1e6, cpu: 0.5 };
    const flows = [{ track: "live/~/video", next_hop: "b", source: "c" }];
    const a = { links: { b: { up: false }, c: {} }, announces: ["live"], flows };
    await program.register("a", a);
    await program.register("b", { links: { a: {}, c: {} }, load });
    await program.register("c", { links: { b: { up: false }, a: {} }, load });
    const looks = async (address: string, schemes: readonly ("light" | "dark")[]) => {
      for (const colorScheme of schemes) {
        for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 800 }]) {
          const { page } = await open(browser, address, { colorScheme, viewport });
          await page.locator("#attention-list li, #detail figure").first().waitFor();
          await page.locator("#graph svg").waitFor();
          await assertAccessible(page, `${address} ${colorScheme} ${viewport.width}`);
          await page.context().close();
        }
      }
    };
    await looks(`${program.url}/#relay=b`, ["light", "dark"]);
    for (let at = 0; at < 70; at++) {
      await program.register(`relay-${at}`, {
        region: `region-${at % 4}`,
        load,
        neighbors: { [`relay-${(at + 1) % 70}`]: 1 },
      });
    }
    await looks(`${program.url}/#track=live/~/video`, ["dark"]);
  },
);

chromiumTest(
  "an opened relay says which paths would be cut off if it died, and a link the path around it",
  async (browser) => {
    await using program = await SdnProcess.start();
    const flow = (hop: string) => [{ track: "live/~/video", next_hop: hop, source: "c" }];
    await program.register("a", { neighbors: { b: 1 }, flows: flow("b") });
    await program.register("b", { neighbors: { a: 1, c: 1, d: 4 }, flows: flow("c") });
    await program.register("c", { neighbors: { b: 1, d: 4 } });
    await program.register("d", { neighbors: { b: 4, c: 4 } });
    const { page, problems } = await open(browser, `${program.url}/#relay=b`);
    await page.locator("#detail-if", { hasText: "If b died" }).waitFor();
    await showsRows(page, "What if it failed", [
      ["a", "1", "a → b → c", "cut off: no path between nodes: every path leads through b"],
    ]);
    await page.getByText("1 of 1 paths would be cut off.").waitFor();
    await page.getByRole("table", { name: "Links" }).getByRole("row", { name: "c b up" })
      .getByRole("button", { name: "c" }).click();
    await page.locator("#detail-title", { hasText: "b and c" }).waitFor();
    await showsRows(page, "What if it failed", [["b", "1", "b → c", "b → d → c"]]);
    await page.getByText("Every path has another.").waitFor();
    assert.deepEqual(problems, []);
  },
);

const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;

chromiumTest("names that are markup are shown as text and never run", async (browser) => {
  await using program = await SdnProcess.start();
  await program.register(HOSTILE, {
    region: `</text><script>window.hacked=1</script>`,
    address: `javascript:window.hacked=1`,
    neighbors: { '"><svg onload=window.hacked=1>': 1, "constructor": 2 },
    flows: [{
      track: "%3Cscript%3E/~/<img src=x onerror=window.hacked=1>",
      next_hop: '"><svg onload=window.hacked=1>',
      source: "constructor",
    }],
  });
  const track = `%3Cscript%3Ewindow.hacked%3D1`;
  await program.tell("PUT", `/announce/${encodeURIComponent(track)}`, { relay: HOSTILE });
  const { page, problems } = await open(browser, program.url);
  await drain(page, HOSTILE);
  await page.getByRole("button", { name: `Undrain ${HOSTILE}` }).waitFor();
  await said(page, `${HOSTILE} was told to drain`);
  await page.getByRole("button", { name: "Show the route" }).click();
  await page.locator("#route-result .best, #route-result .refused").waitFor();
  await becomes(async () => (await rows(page, "Relays")).some(([name]) => name === HOSTILE), true);
  await becomes(async () => (await rows(page, "Directory")).length, 1);
  await page.locator("#graph [data-link]").focus();
  await page.locator("#link-tracks b", { hasText: "<img src=x" }).waitFor();
  assert.equal(await page.locator("main img, main script, main a[href^=javascript]").count(), 0);
  assert.equal(await page.evaluate(() => "hacked" in globalThis), false);
  assert.deepEqual(problems, []);
});

chromiumTest(
  "the page says since when it is stale, and recovers when the controller is back",
  async (browser) => {
    await using first = await SdnProcess.start();
    await first.register("tokyo", { region: "asia", announces: ["live/a"] });
    const { page } = await open(browser, first.url);
    await relay(page, "tokyo").waitFor();
    await page.getByRole("button", { name: "Drain tokyo" }).waitFor();
    await first.end("SIGKILL");
    await page.getByRole("alert").filter({
      hasText: /^Stale since .*The last known state is shown\.$/,
    }).waitFor();
    assert.equal(await relay(page, "tokyo").count(), 1);
    await becomes(() => page.getByRole("button", { name: "Drain tokyo" }).isDisabled(), true);

    await using second = await SdnProcess.start({}, { port: first.port });
    await second.register("london", { region: "europe" });
    // The page may be back by itself before the button is pressed.
    const isBack = relay(page, "london").waitFor();
    await Promise.any([page.getByRole("button", { name: "Try now" }).click(), isBack]);
    await isBack;
    await relay(page, "tokyo").waitFor({ state: "detached" });
    await page.locator("#banner").waitFor({ state: "hidden" });
    await showsRows(page, "Directory", []);
  },
);

chromiumTest("the page shows how this controller and its peers are", async (browser) => {
  await using peer = await SdnProcess.start();
  const graph = { peers: [peer.url], sync_interval_sec: 0.5 };
  await using program = await SdnProcess.start({ graph });
  const { page, problems } = await open(browser, program.url);
  await page.getByText("This controller is ready.").waitFor();
  await cell(page, "Other controllers", new URL(peer.url).host).waitFor();
  await cell(page, "Other controllers", "up to date").waitFor();
  await peer.end("SIGKILL");
  await page.getByRole("cell", { name: /^behind for \d+ s$/ }).waitFor();
  assert.deepEqual(problems, []);
});

chromiumTest("the page shows etcd's members, and when their quorum is lost", async (browser) => {
  await using cluster = await startEtcd(3);
  const etcd = { endpoints: cluster.endpoints, timeout_ms: 1000 };
  await using program = await SdnProcess.start({ store: "etcd", etcd });
  const { page, problems } = await open(browser, program.url);
  await page.getByText("etcd has its quorum: 3 of 3 members agree.").waitFor();
  const hosts = cluster.endpoints.map((url) => new URL(url).host);
  await showsRows(page, "Members of etcd", hosts, ([member]) => member);
  await becomes(
    async () => (await rows(page, "Members of etcd")).map(([, state]) => state).sort(),
    ["follower", "follower", "leader"],
  );
  const lost = await cluster.leader();
  await cluster.kill(lost);
  await page.getByText("etcd has its quorum: 2 of 3 members agree.").waitFor();
  await becomes(async () => (await rows(page, "Members of etcd"))[lost]?.[1], "silent");
  await cluster.kill((lost + 1) % 3);
  await page.getByText(/^etcd has lost its quorum: [01] of 3 members agree\.$/).waitFor();
  await page.getByText("This controller is not ready: store unavailable.").waitFor();
  assert.deepEqual(problems, []);
}, etcdMissing);

chromiumTest(
  "a token is asked for, decides what can be done, and is kept nowhere",
  async (browser) => {
    const reader = "a-reader's-token";
    const admin = "an-admin's-token";
    const tokens = [
      { role: "read", sha256: await sha256(reader) },
      { role: "admin", sha256: await sha256(admin) },
    ];
    await using program = await SdnProcess.start({ auth: { mode: "token", tokens } }, {
      token: admin,
    });
    await program.register("tokyo", {});
    const { page } = await open(browser, program.url);
    const token = page.getByLabel("Bearer token");
    await token.fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The token is not known").first().waitFor();
    await token.fill(reader);
    await page.keyboard.press("Enter");
    await relay(page, "tokyo").waitFor();
    await page.getByRole("button", { name: "Access: read" }).click();
    await becomes(() => page.getByRole("button", { name: "Drain tokyo" }).count(), 0);
    await token.fill(admin);
    await page.keyboard.press("Enter");
    await drain(page, "tokyo");
    await page.getByRole("button", { name: "Undrain tokyo" }).waitFor();
    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])",
    );
    assert.ok(!kept.includes("token"), kept);
    await page.reload();
    await page.getByText("Sign in with an access token.").waitFor();
  },
);

chromiumTest(
  "the page asks nobody but its controller, and fits a phone in light and dark",
  async (browser) => {
    await using program = await SdnProcess.start();
    for (let at = 0; at < 9; at++) {
      await program.register(`relay-with-a-long-name-${at}`, {
        region: `region-${at % 4}`,
        address: `https://a-very-long-host-name-${at}.example.com:4433/with/a/path`,
        neighbors: { [`relay-with-a-long-name-${(at + 1) % 9}`]: 3 },
        flows: [{
          track: `a-namespace-with-a-long-name/another-part-of-it/~/${"x".repeat(60)}`,
          next_hop: `relay-with-a-long-name-${(at + 1) % 9}`,
          source: `relay-with-a-long-name-${(at + 2) % 9}`,
        }],
      });
    }
    const backgrounds = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      const phone = { viewport: { width: 360, height: 740 }, colorScheme };
      const { page, problems, hosts } = await open(browser, program.url, phone);
      await relay(page, "relay-with-a-long-name-8").waitFor();
      await page.locator("#graph [data-link]").first().focus();
      await page.locator("#link-tracks li").waitFor();
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.equal(width, 360, "the page would scroll sideways");
      backgrounds.add(
        await page.evaluate<string>("getComputedStyle(document.body).backgroundColor"),
      );
      assert.deepEqual([...hosts], [new URL(program.url).host]);
      assert.deepEqual(problems, []);
    }
    assert.equal(backgrounds.size, 2);
  },
);

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
