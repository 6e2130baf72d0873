/** Firefox, which cannot say in its request what it speaks, at a relay. */
import { type ControlMessage, draft18, encodeSetupOptions } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { firefoxMissing, openInFirefox } from "../support/firefox.ts";
import { connectMoqNet } from "../support/moq_net.ts";
import { relayTest } from "../support/relay_test_case.ts";
import { trackName } from "../support/wire_peer.ts";

const SETUP: ControlMessage = { kind: "setup", options: encodeSetupOptions({}) };
const SUBSCRIBE: ControlMessage = {
  kind: "subscribe",
  requestId: 0n,
  track: trackName(["live", "a"], "video"),
  parameters: {},
};
/** What `@moq/net` begins with where no protocol was agreed on. */
const CLIENT_SETUP = "20001903c0000000ff0dad02c0000000ff0dad01c0000000ff00000e00";

relayTest(
  "a page in Firefox that begins with SETUP gets a session, and its subscription reaches the publisher",
  async (context) => {
    const { relay, deadline, join } = context;
    const publisher = await join(connectMoqNet);
    const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
    await using page = servePage();
    await using _firefox = await openInFirefox(page.url(relay, {
      uni: draft18.control.encode(SETUP).toHex(),
      bidi: draft18.control.encode(SUBSCRIBE).toHex(),
    }));
    await deadline.for("the subscriber", publication.subscribed("video"));
    assert.match(await deadline.for("the relay's SETUP", page.said("stream")), /qumo-relay/);
  },
  { missing: firefoxMissing, milliseconds: 60_000 },
);

relayTest(
  "a page in Firefox that asks for something older is told what is spoken",
  async (context) => {
    const { relay, deadline } = context;
    await using page = servePage();
    await using _firefox = await openInFirefox(page.url(relay, { bidi: CLIENT_SETUP }));
    const closed = await deadline.for("the end", page.said("closed"));
    assert.match(closed, /^21 the client offered CLIENT_SETUP with moq-lite-02, .*moqt-18$/);
  },
  { missing: firefoxMissing, milliseconds: 60_000 },
);

/** A page that opens a session, sends what its URL says, and says what comes. */
function servePage() {
  const heard = new Map<string, PromiseWithResolvers<string>>();
  const saying = (what: string) => {
    const known = heard.get(what) ?? Promise.withResolvers<string>();
    heard.set(what, known);
    return known;
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") saying(pathname.slice(1)).resolve(await request.text());
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  });
  return {
    url(
      { port, certificateHash }: { port: number; certificateHash: Uint8Array },
      first: Record<string, string>,
    ): string {
      const query = new URLSearchParams({
        ...first,
        port: String(port),
        hash: certificateHash.toHex(),
      });
      return `http://127.0.0.1:${server.addr.port}/?${query}`;
    },
    said: (what: string) => saying(what).promise,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const PAGE = `<!doctype html><script type="module">
const asked = new URLSearchParams(location.search);
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));
const say = (what, text) => fetch("/" + what, { method: "POST", body: text });
const serverCertificateHashes = [{ algorithm: "sha-256", value: bytes(asked.get("hash")) }];
const session = new WebTransport("https://127.0.0.1:" + asked.get("port") + "/", { serverCertificateHashes });
session.closed.then(({ closeCode, reason }) => say("closed", closeCode + " " + reason), (error) => say("closed", String(error)));
await session.ready;
globalThis.kept = [];
async function send(stream, hex) {
  const writer = stream.getWriter();
  kept.push(writer);
  await writer.write(bytes(hex));
}
if (asked.has("uni")) await send(await session.createUnidirectionalStream(), asked.get("uni"));
if (asked.has("bidi")) await send((await session.createBidirectionalStream()).writable, asked.get("bidi"));
async function read(stream) {
  let text = "";
  for (const reader = stream.getReader();;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += new TextDecoder().decode(value);
    if (text.includes("qumo-relay")) return await say("stream", text);
  }
}
const streams = session.incomingUnidirectionalStreams.getReader();
for (;;) {
  const { value, done } = await streams.read();
  if (done) break;
  read(value).catch(() => {});
}
</script>`;
