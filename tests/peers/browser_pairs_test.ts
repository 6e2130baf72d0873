/**
 * `@moq/net` in pages of Chromium and Firefox, where QUIC reaches the relay and where it does not, and
 * `@moq/lite`, which it was before.
 */
import assert from "node:assert/strict";
import { becomes } from "../support/until.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { type BrowserPeer, connectPage } from "./browser_peer.ts";
import type { PageLibrary } from "./browser_page.ts";
import { type Browser, CHROMIUM, FIREFOX } from "./browsers.ts";

relayTest(
  "pages of Chromium and Firefox pass tracks to each other, by WebTransport and WebSocket",
  async (test) => {
    const { deadline, join } = test;
    const browsers = await Promise.all([
      join(() => CHROMIUM.launch()),
      join(() => FIREFOX.launch()),
    ]);
    const publishers = await open(test, browsers);
    const viewers = await open(test, browsers);
    const publications = await Promise.all(
      publishers.map((peer, at) =>
        deadline.for("a namespace", peer.publish(`live/${at}`, ["video"]))
      ),
    );
    for (const [at, publication] of publications.entries()) {
      const before = await subscribers(test);
      const watches = await Promise.all(viewers.map(async (viewer) => {
        await deadline.for(`the announcement ${at}`, viewer.announced(`live/${at}`));
        return await deadline.for(`subscription ${at}`, viewer.watch(`live/${at}`, "video"));
      }));
      await deadline.for(`subscriber ${at}`, publication.subscribed("video"));
      await becomes(() => subscribers(test), before + viewers.length);
      for (const size of [10, 50_000]) {
        const group = await deadline.for("a group", publication.startGroup("video"));
        await deadline.for("the writes", writeObjects(group, 0, 3, size));
        await deadline.for("the end of a group", group.end());
        for (const watch of watches) await readObjects(watch, group.id, 0, 3, deadline, size);
      }
    }
    const spoken = test.relay.log().match(/"transport":"\w+","protocol":"[\w-]+"/g);
    assert.deepEqual([...new Set(spoken)].sort(), [
      '"transport":"websocket","protocol":"moq-lite-05"',
      // It has no protocols of WebTransport in Firefox.
      '"transport":"webtransport","protocol":"moq-00"',
      '"transport":"webtransport","protocol":"moq-lite-04"',
      '"transport":"webtransport","protocol":"moq-lite-05"',
    ]);
  },
  { missing: CHROMIUM.missing ?? FIREFOX.missing },
);

/** How many subscriptions the relay serves. */
async function subscribers({ relay }: RelayTest): Promise<number> {
  return (await relay.status() as { subscribers: number }).subscribers;
}

/** A page of each browser over each transport, and one with an older library. */
function open(
  { join }: RelayTest,
  [chromium, firefox]: readonly [Browser, Browser],
): Promise<BrowserPeer[]> {
  const pages: readonly (readonly [Browser, PageLibrary])[] = [
    [chromium, "@moq/net"],
    [chromium, "@moq/net without UDP"],
    [chromium, "@moq/lite"],
    [firefox, "@moq/net"],
    [firefox, "@moq/net without UDP"],
  ];
  return Promise.all(
    pages.map(([browser, library]) => join((relay) => connectPage(browser, relay, { library }))),
  );
}
