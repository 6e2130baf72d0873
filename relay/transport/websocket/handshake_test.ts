import assert from "node:assert/strict";
import type { UpgradeRequest } from "./byte_stream.ts";
import { encodeRefusal, encodeWelcome, judgeUpgrade, type UpgradePolicy } from "./handshake.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const POLICY: UpgradePolicy = {
  protocols: ["moqt-18", "moqt-16"],
  allowOrigin: (origin) => origin !== "https://evil.example",
  allowsPlain: true,
};

/** What `@moq/net` 0.3.4 offers. */
const MOQ_NET = [
  "moq-lite-05",
  "moq-lite-04",
  "moq-lite-03",
  "moql",
].flatMap(everyVersion).concat(
  ["qmux-01.moqt-20", "qmux-01.moqt-18"],
  ["moqt-17", "moqt-16", "moqt-15"].flatMap(everyVersion),
  ["qmux-02", "qmux-01", "qmux-00", "webtransport"],
);

function everyVersion(protocol: string): string[] {
  return ["qmux-02", "qmux-01", "qmux-00"].map((version) => `${version}.${protocol}`);
}

function judge(
  headers: Readonly<Record<string, string | undefined>> = {},
  { policy = {}, ...request }: Partial<UpgradeRequest> & { policy?: Partial<UpgradePolicy> } = {},
) {
  const all = {
    "host": "relay.example:4433",
    "sec-websocket-version": "13",
    "sec-websocket-key": KEY,
    "sec-websocket-protocol": MOQ_NET.join(", "),
    ...headers,
  };
  const given = Object.entries(all).filter((field): field is [string, string] =>
    field[1] !== undefined
  );
  return judgeUpgrade({
    method: "GET",
    target: "/live?jwt=a",
    headers: new Map(given),
    remoteAddress: "192.0.2.1:5",
    isEncrypted: false,
    ...request,
  }, { ...POLICY, ...policy });
}

function chosen(offer: string, protocols = POLICY.protocols) {
  const judged = judge({ "sec-websocket-protocol": offer }, { policy: { protocols } });
  if (!judged.ok) return judged.refusal.status;
  const { subprotocol, version, protocol } = judged.value;
  return [subprotocol, version, protocol];
}

Deno.test("a request leads to a session at its path, with the protocol that both speak", () => {
  const judged = judge();
  assert(judged.ok);
  assert.deepEqual(judged.value, {
    key: KEY,
    path: "/live?jwt=a",
    authority: "relay.example:4433",
    subprotocol: "qmux-01.moqt-18",
    version: "qmux-01",
    protocol: "moqt-18",
  });
});

Deno.test("the client's order decides between what the relay speaks, and between versions of QMux", () => {
  const both = "qmux-00.moqt-16, qmux-02.moqt-16, qmux-01.moqt-18";
  assert.deepEqual(chosen(both), ["qmux-00.moqt-16", "qmux-00", "moqt-16"]);
  assert.deepEqual(chosen(both, ["moqt-18"]), ["qmux-01.moqt-18", "qmux-01", "moqt-18"]);
  // As the draft writes them.
  assert.deepEqual(chosen("moqt-99,moqt-18"), ["moqt-18", "qmux-02", "moqt-18"]);
  const lite = MOQ_NET.join(",");
  assert.deepEqual(chosen(lite, ["moq-lite-04"]), [
    "qmux-02.moq-lite-04",
    "qmux-02",
    "moq-lite-04",
  ]);
});

Deno.test("a client that names a version of QMux alone negotiates in band", () => {
  assert.deepEqual(chosen("webtransport, qmux-01, qmux-00"), ["qmux-01", "qmux-01", undefined]);
  assert.deepEqual(chosen("qmux-02.moqt-99, qmux-02"), ["qmux-02", "qmux-02", undefined]);
  for (const offer of ["", "webtransport", "qmux-03.moqt-18", "qmux-02.moqt-99", "chat"]) {
    assert.equal(chosen(offer), 400, offer);
  }
});

Deno.test("a page of another origin, plain text and requests that are none are refused", () => {
  const statusOf = (...args: Parameters<typeof judge>) => {
    const judged = judge(...args);
    return judged.ok ? 101 : judged.refusal.status;
  };
  assert.equal(statusOf({ origin: "https://good.example" }), 101);
  assert.equal(statusOf({ origin: "https://evil.example" }), 403);
  assert.equal(statusOf({}, { policy: { allowsPlain: false } }), 403);
  assert.equal(statusOf({}, { policy: { allowsPlain: false }, isEncrypted: true }), 101);
  assert.equal(statusOf({}, { method: "POST" }), 405);
  assert.equal(statusOf({ "sec-websocket-version": "8" }), 426);
  assert.equal(statusOf({ "sec-websocket-key": undefined }), 400);
  assert.equal(statusOf({ "sec-websocket-key": "short" }), 400);
  assert.equal(statusOf({ host: undefined }), 400);
  const many = Array.from({ length: 129 }, (_, at) => `a${at}`).join(",");
  assert.equal(statusOf({ "sec-websocket-protocol": many }), 400);
});

Deno.test("the answer proves that the request was understood (RFC 6455, section 1.3)", async () => {
  const judged = judge();
  assert(judged.ok);
  const text = new TextDecoder().decode(await encodeWelcome(judged.value));
  assert.equal(
    text,
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
      "Sec-WebSocket-Protocol: qmux-01.moqt-18\r\n\r\n",
  );
});

Deno.test("a refusal says why in one line", () => {
  const text = new TextDecoder().decode(encodeRefusal({ status: 403, reason: "no" }));
  assert.match(text, /^HTTP\/1.1 403 Forbidden\r\n[^]*Content-Length: 3\r\n\r\nno\n$/);
});
