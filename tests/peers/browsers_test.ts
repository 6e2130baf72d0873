/** Pages in Chromium and Firefox, which cannot say in its request what it speaks, at a relay. */
import assert from "node:assert/strict";
import { becomes } from "../support/until.ts";
import type { DatagramPublication, Watch } from "../support/peers/peer.ts";
import { servePage } from "../support/processes/page_server.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { payloadOf, readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type BrowserPeer, connectPage } from "./browser_peer.ts";
import { type Browser, type BrowserKind, CHROMIUM, FIREFOX } from "./browsers.ts";

const GROUPS = 60;
// Of these groups every third is a datagram.
const SIZES = [17, 1200, 20_000];
const OPTIONS = { missing: CHROMIUM.missing ?? FIREFOX.missing };

for (const publishing of [CHROMIUM, FIREFOX]) {
  for (const watching of [CHROMIUM, FIREFOX]) {
    relayTest(
      `a page in ${publishing.name} publishes to one in ${watching.name}, by streams and datagrams`,
      async (test) => {
        const publication = await publish(test, await open(test, publishing));
        const watch = await watchIt(test, await open(test, watching));
        await test.deadline.for("the subscription", publication.subscribed("video"));
        for (let group = 0; group < GROUPS; group++) {
          const size = SIZES[group % SIZES.length]!;
          if (size < 1000) await passDatagram(test, publication, { watch, group, size });
          else await passGroup(test, publication, { watch, group, size });
        }
        await test.deadline.for("the end", publication.end());
        assert.equal(await test.deadline.for("PUBLISH_DONE", watch.next()), undefined);
      },
      OPTIONS,
    );
  }
}

relayTest("a page in Firefox that is left ends its session", async (test) => {
  const firefox = await open(test, FIREFOX);
  await test.deadline.for("the session", sessionsBecome(test, 1));
  await test.deadline.for("another page", firefox.leave());
  await test.deadline.for("the end of the session", sessionsBecome(test, 0));
  assert.match(test.relay.log(), /"session ended".*"closed_by":"peer"/);
}, { missing: FIREFOX.missing });

relayTest("a page in Firefox that is loaded again and again goes on watching", async (test) => {
  const publication = await publish(test, await open(test, CHROMIUM));
  const watcher = await open(test, FIREFOX);
  for (let group = 0; group < 5; group++) {
    const watch = await watchIt(test, watcher);
    await test.deadline.for("the subscription", publication.subscribed("video"));
    await passGroup(test, publication, { watch, group, size: 1000 });
    await test.deadline.for("the page", watcher.reload());
    await test.deadline.for("the sessions", sessionsBecome(test, 2));
  }
}, OPTIONS);

relayTest(
  "a page in Firefox that asks for something older is told what is spoken where that is disabled",
  async (test) => {
    const { relay, deadline, join } = test;
    const firefox = await join(() => FIREFOX.launch());
    const page = connectPage(firefox, relay, { library: "@moq/net" });
    const failure = await deadline.for("the failure", page.then(() => "none", String));
    assert.match(failure, /remote WebTransport close/);
    const closed = deadline.for("the end", closedAfter(firefox, relay, CLIENT_SETUP));
    assert.match(await closed, /^21 the client offered CLIENT_SETUP with moq-lite-02, .*moqt-18\b/);
  },
  {
    config: { server: { protocols: ["moqt-18"] } },
    missing: FIREFOX.missing,
  },
);

/** What `@moq/net` begins with where no protocol was agreed on. */
const CLIENT_SETUP = "20001903c0000000ff0dad02c0000000ff0dad01c0000000ff00000e00";

/** How a session ends that began with these bytes: the library above does not say. */
async function closedAfter(browser: Browser, relay: RelayTest["relay"], bytes: string) {
  await using served = await servePage(new URL("browser_page.ts", import.meta.url));
  const page = await browser.newPage();
  await page.goto(served.url);
  return await page.evaluate(async ([port, hash, bytes]) => {
    const value = Uint8Array.fromHex(hash);
    const serverCertificateHashes = [{ algorithm: "sha-256", value }];
    const session = new WebTransport(`https://127.0.0.1:${port}/`, { serverCertificateHashes });
    await session.ready;
    const { writable } = await session.createBidirectionalStream();
    await writable.getWriter().write(Uint8Array.fromHex(bytes));
    const { closeCode, reason } = await session.closed;
    return `${closeCode} ${reason}`;
  }, [relay.port, relay.certificateHash.toHex(), bytes] as const);
}

/** A browser with a page that is connected. */
async function open(test: RelayTest, kind: BrowserKind): Promise<BrowserPeer> {
  const browser = await test.join(() => kind.launch());
  return await test.join((relay) => connectPage(browser, relay, { library: "@moqt/transport" }));
}

function publish({ deadline }: RelayTest, peer: BrowserPeer): Promise<DatagramPublication> {
  return deadline.for("the namespace", peer.publish("live/a", ["video"]));
}

function watchIt({ deadline }: RelayTest, peer: BrowserPeer): Promise<Watch> {
  return deadline.for("SUBSCRIBE_OK", peer.watch("live/a", "video"));
}

function sessionsBecome({ relay }: RelayTest, count: number): Promise<number> {
  return becomes(async () => (await relay.status() as { sessions: number }).sessions, count);
}

interface Passing {
  readonly watch: Watch;
  readonly group: number;
  readonly size: number;
}

async function passGroup(
  { deadline }: RelayTest,
  publication: DatagramPublication,
  { watch, group, size }: Passing,
): Promise<void> {
  const started = await deadline.for("a group", publication.startGroup("video"));
  assert.equal(started.id, group);
  await deadline.for("the writes", writeObjects(started, 0, 3, size));
  await readObjects(watch, group, 0, 3, deadline, size);
  await deadline.for("the end of a group", started.end());
}

async function passDatagram(
  { deadline }: RelayTest,
  publication: DatagramPublication,
  { watch, group, size }: Passing,
): Promise<void> {
  const sent = publication.sendDatagram("video", payloadOf(group, 0, size));
  assert.equal(await deadline.for("a datagram", sent), group);
  await readObjects(watch, group, 0, 1, deadline, size);
}
