/** Browsers that no QUIC reaches: `@moq/net` falls back to WebSocket by itself. */
import assert from "node:assert/strict";
import { type Browser, type BrowserKind, CHROMIUM, FIREFOX } from "../peers/browsers.ts";
import { connectPage } from "../peers/browser_peer.ts";
import type { PageLibrary } from "../peers/browser_page.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";

/** A page in a browser. */
type Client = readonly [kind: BrowserKind, library: PageLibrary];

const WEB_SOCKET: PageLibrary = "@moq/net without UDP";

const PAIRS: readonly (readonly [publisher: Client, viewer: Client])[] = [
  [[CHROMIUM, WEB_SOCKET], [CHROMIUM, "@moq/net"]],
  [[CHROMIUM, "@moq/net"], [CHROMIUM, WEB_SOCKET]],
  [[FIREFOX, WEB_SOCKET], [CHROMIUM, "@moq/net"]],
  [[CHROMIUM, "@moq/net"], [FIREFOX, WEB_SOCKET]],
  [[FIREFOX, WEB_SOCKET], [FIREFOX, WEB_SOCKET]],
];

for (const [publisher, viewer] of PAIRS) {
  relayTest(
    `a page in ${nameOf(publisher)} publishes to one in ${nameOf(viewer)}`,
    (test) => passOn(test, publisher, viewer),
    { missing: publisher[0].missing ?? viewer[0].missing, milliseconds: 90_000 },
  );
}

function nameOf([{ name }, library]: Client): string {
  return `${name} over ${library === WEB_SOCKET ? "WebSocket" : "WebTransport"}`;
}

async function passOn(test: RelayTest, publisher: Client, viewer: Client): Promise<void> {
  const { deadline } = test;
  const publishing = await open(test, publisher);
  const publication = await deadline.for("the namespace", publishing.publish("live/a", ["video"]));
  const watching = await open(test, viewer);
  await deadline.for("the announcement", watching.announced("live/a"));
  const watch = await deadline.for("the subscription", watching.watch("live/a", "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [10, 1000, 100_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await deadline.for("the writes", writeObjects(group, 0, 5, size));
    await deadline.for("the end of a group", group.end());
    await readObjects(watch, group.id, 0, 5, deadline, size);
  }
  assert.match(test.relay.log(), /"transport":"websocket"/);
}

async function open(test: RelayTest, [kind, library]: Client): Promise<Peer> {
  const browser: Browser = await test.join(() => kind.launch());
  return await test.join((relay) => connectPage(browser, relay, { library }));
}
