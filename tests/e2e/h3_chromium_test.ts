/** Chromium against our HTTP/3 and WebTransport: whatever a page can see and do. */
import assert from "node:assert/strict";
import type { Connection, ReceiveStream } from "../../relay/transport/mod.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { openWebTransportPage } from "../support/peers/webtransport_page.ts";

type Opened = Awaited<ReturnType<typeof openWebTransportPage>>;

/** Registers a test of a page in Chromium that has a session with us. */
function sessionTest(
  name: string,
  test: (opened: Opened & { readonly session: Connection }) => Promise<void>,
): void {
  chromiumTest(name, async (browser) => {
    await using opened = await openWebTransportPage(browser);
    await test({ ...opened, session: await opened.open() });
  });
}

chromiumTest("Chromium and we agree on a protocol, and the path arrives", async (browser) => {
  const origins: (string | undefined)[] = [];
  const allowOrigin = (origin: string | undefined) => origins.push(origin) > 0;
  await using opened = await openWebTransportPage(browser, { allowOrigin });
  const session = await opened.open(["moqt-99", "moqt-18", "moqt-16"], "/room?a=1");
  assert.equal(session.protocol, "moqt-18");
  assert.equal(session.path, "/room?a=1");
  assert.equal(session.authority, opened.authority);
  assert.deepEqual(origins, [opened.origin]);
  // Deno's types know no protocol.
  const seen = await opened.inPage.evaluate((it) => Object(it.session).protocol);
  assert.equal(seen, "moqt-18");
});

sessionTest(
  "streams of both kinds go both ways with Chromium, and end",
  async ({ session, inPage, wait }) => {
    const big = new Uint8Array(300_000).fill(7);

    const uni = await session.openUni();
    await uni.write(text("from us"));
    await uni.finish();
    assert.deepEqual(await inPage.evaluate((it) => it.readUnis(1)), ["from us"]);

    await inPage.evaluate((it) => it.sendUnis(["from the page"]));
    assert.equal(await readText(await wait("a stream", session.acceptUni())), "from the page");

    const bidi = await session.openBidi();
    await bidi.send.write(text("ours: "));
    await bidi.send.finish();
    await inPage.evaluate((it) => it.echoNextBidi());
    assert.equal(await readText(bidi.receive), "ours: echo");

    const answer = inPage.evaluate((it) => it.askBidi("theirs"));
    const asked = await wait("a stream", session.acceptBidi());
    assert.equal(await readText(asked?.receive), "theirs");
    await asked!.send.write(text("answer"));
    await asked!.send.finish();
    assert.equal(await answer, "answer");

    const bulk = inPage.evaluate((it) => it.readUnis(1));
    const large = await session.openUni();
    await large.write(big);
    await large.finish();
    assert.equal((await bulk)[0]!.length, big.length);
  },
);

sessionTest("hundreds of streams go both ways with Chromium", async ({ session, inPage, wait }) => {
  const count = 400;
  const received = inPage.evaluate((it, count) => it.readUnis(count), count);
  for (let at = 0; at < count; at++) {
    const stream = await wait("stream credit", session.openUni());
    await stream.write(text(`${at}`));
    await stream.finish();
  }
  const expected = Array.from({ length: count }, (_, at) => `${at}`).sort();
  assert.deepEqual((await received).toSorted(), expected);
  const sent = inPage.evaluate((it, expected) => it.sendUnis(expected), expected);
  const texts: string[] = [];
  while (texts.length < count) {
    texts.push(await readText(await wait("a stream", session.acceptUni())));
  }
  await sent;
  assert.deepEqual(texts.toSorted(), expected);
});

sessionTest("datagrams go both ways with Chromium", async ({ session, inPage, wait }) => {
  const received = inPage.evaluate((it) => it.readDatagram());
  assert.equal(session.sendDatagram(text("from us")), true);
  assert.equal(await received, "from us");
  await inPage.evaluate((it) => it.sendDatagram("from the page"));
  assert.deepEqual(
    await wait("a datagram", session.receiveDatagram()),
    text("from the page"),
  );
});

sessionTest("Chromium's close arrives with code and reason", async ({ session, inPage, wait }) => {
  await inPage.evaluate((it) => it.session.close({ closeCode: 77, reason: "enough" }));
  const seen = await inPage.evaluate((it) => it.session.closed);
  assert.deepEqual(seen, { closeCode: 77, reason: "enough" });
  const ended = await wait("the end", session.closed);
  assert.deepEqual(ended, { code: 77, reason: "enough", by: "peer" });
});

sessionTest(
  "our close arrives in Chromium with code and reason",
  async ({ session, inPage, wait }) => {
    const seen = inPage.evaluate((it) => it.session.closed);
    session.close(42, "über");
    assert.deepEqual(await seen, { closeCode: 42, reason: "über" });
    const ended = await wait("the end", session.closed);
    assert.deepEqual(ended, { code: 42, reason: "über", by: "local" });
  },
);

sessionTest("a page that is left ends its session", async ({ session, page, wait }) => {
  await page.goto("about:blank");
  const { by } = await wait("the end", session.closed);
  assert.equal(by, "peer");
});

// Chromium 156 says goodbye for a closed tab most of the time, and nothing at all the rest of it.
chromiumTest("a tab that is closed ends its session, by silence at the latest", async (browser) => {
  const quic = { maxIdleTimeout: 1000, keepAliveInterval: 300 };
  await using opened = await openWebTransportPage(browser, quic);
  const session = await opened.open();
  await opened.page.close();
  const { by } = await opened.wait("the end", session.closed);
  assert.notEqual(by, "local");
});

sessionTest(
  "what Chromium stops and resets arrives with the page's codes",
  async ({ session, inPage, wait }) => {
    await inPage.evaluate((it) => it.startUni());
    const reset = await wait("a stream", session.acceptUni());
    // A reset overtakes the header of its stream, and then nobody knows that there was one.
    assert.deepEqual(await reset?.read(new Uint8Array(9)), text("x"));
    await inPage.evaluate((it) => it.resetUni(30));
    await assert.rejects(readText(reset), { kind: "reset", code: 30 });

    const stopped = await session.openUni();
    await stopped.write(text("x"));
    await inPage.evaluate((it) => it.stopNextUni(33));
    await assert.rejects(wait("the stop", writeForEver(stopped)), {
      kind: "stopped",
      code: 33,
    });
  },
);

sessionTest(
  "Chromium hears of a stop, and of DRAIN nothing that hurts",
  async ({ session, inPage, wait }) => {
    await inPage.evaluate((it) => it.startUni());
    const failed = inPage.evaluate((it) => it.uniFailure());
    const stream = await wait("a stream", session.acceptUni());
    await stream!.read(new Uint8Array(10));
    stream!.stop(9);
    // Deno 2.9 sends STOP_SENDING with code 0, which is no code of an application.
    assert.match(await failed, /WebTransportError/);
    session.drain();
    await inPage.evaluate((it) => it.sendUnis(["still here"]));
    assert.equal(await readText(await wait("a stream", session.acceptUni())), "still here");
  },
);

chromiumTest("an origin that is not allowed gets no session in Chromium", async (browser) => {
  await using opened = await openWebTransportPage(browser, { allowOrigin: () => false });
  await assert.rejects(opened.connect(), /WebTransportError/);
  assert.equal(await opened.refusal, `the origin "${opened.origin}" is not allowed`);
});

chromiumTest("a page without our protocol gets no session in Chromium", async (browser) => {
  await using opened = await openWebTransportPage(browser);
  await assert.rejects(opened.connect(["moqt-14"]), /WebTransportError/);
  const reason = 'no common protocol: the client offered "moqt-14", here is moqt-18, moqt-16';
  assert.equal(await opened.refusal, reason);
});

chromiumTest("a page that offers no protocol gets a session without one", async (browser) => {
  await using opened = await openWebTransportPage(browser);
  const session = await opened.open([]);
  assert.equal(session.protocol, undefined);
  await opened.inPage.evaluate((it) => it.sendUnis(["hello"]));
  assert.equal(await readText(await opened.wait("a stream", session.acceptUni())), "hello");
});

const text = (value: string) => new TextEncoder().encode(value);

async function readText(stream: ReceiveStream | undefined): Promise<string> {
  assert(stream !== undefined);
  const decoder = new TextDecoder();
  let all = "";
  for (let memory = new Uint8Array(4096);;) {
    const part = await stream.read(memory);
    if (part === undefined) return all;
    all += decoder.decode(part);
    memory = new Uint8Array(part.buffer);
  }
}

async function writeForEver(stream: { write(bytes: Uint8Array): Promise<void> }): Promise<never> {
  for (;;) await stream.write(new Uint8Array(1000));
}
