import assert from "node:assert/strict";
import { dial } from "./dial.ts";
import { generateCertificate } from "./generated_certificate.ts";
import { listen } from "./listener.ts";
import { openEndpoint } from "./quic_endpoint.ts";

const protocols = ["moqt-18", "moqt-16"];
const certificate = await generateCertificate(["127.0.0.1"]);

Deno.test("dial() refuses what is no URL of ours", async () => {
  for (const url of ["", "relay", "http://relay", "moqt:", "moqt://", "wss://relay/x"]) {
    await assert.rejects(dial(url, { protocols }), {
      kind: "handshake",
      message: `Cannot dial ${url}: not a moqt:// or https:// URL`,
    });
  }
});

Deno.test("dial() says when a name is not known", async () => {
  await assert.rejects(dial("moqt://relay.invalid", { protocols }), {
    kind: "handshake",
    message: "Cannot resolve relay.invalid",
  });
});

Deno.test("dial() speaks raw QUIC to moqt:// and WebTransport to https://", async () => {
  const listener = listen({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    protocols,
    allowOrigin: () => true,
  });
  const authority = `127.0.0.1:${listener.address.port}`;
  const trust = { serverCertificateHashes: [certificate.hash] };

  const raw = await dial(`moqt://${authority}/ignored`, { protocols, ...trust });
  const rawServer = await listener.accept();
  for (const end of [raw, rawServer!]) {
    assert.deepEqual([end.transport, end.protocol], ["quic", "moqt-18"]);
    assert.deepEqual([end.path, end.authority], [undefined, undefined]);
  }

  const url = new URL(`https://${authority}/live?token=a%20b`);
  const web = await dial(url, { protocols: ["moqt-16"], ...trust });
  const webServer = await listener.accept();
  for (const end of [web, webServer!]) {
    assert.deepEqual([end.transport, end.protocol], ["webtransport", "moqt-16"]);
    assert.deepEqual([end.path, end.authority], ["/live?token=a%20b", authority]);
  }

  listener.close(0, "");
  await Promise.all([raw.closed, rawServer!.closed, web.closed, webServer!.closed]);
});

Deno.test("dial() trusts a certificate by its issuer or its hash, and no other", async () => {
  const listener = listen({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    protocols,
    allowOrigin: () => true,
  });
  const url = `moqt://127.0.0.1:${listener.address.port}`;
  const trusted = await dial(url, { protocols, caCerts: [certificate.certificate] });
  const refused = { kind: "handshake", message: /invalid peer certificate/ };
  await assert.rejects(dial(url, { protocols }), refused);
  const other = "00".repeat(32);
  await assert.rejects(dial(url, { protocols, serverCertificateHashes: [other] }), refused);
  const noHash = { protocols, serverCertificateHashes: ["not hex"] };
  await assert.rejects(dial(url, noHash), { kind: "handshake" });
  listener.close(0, "");
  await trusted.closed;
});
