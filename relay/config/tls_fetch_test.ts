import assert from "node:assert/strict";
import { makeSignedCertificate } from "../../tests/support/transport/certificate.ts";
import { http1Fetch, tlsFetch } from "./tls_fetch.ts";

Deno.test("http1Fetch() has a connection for each request that waits, where tlsFetch() shares one", async () => {
  const { certificate, key, authority } = await makeSignedCertificate();
  const agreed: (string | null)[] = [];
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: certificate,
    key,
    alpnProtocols: ["h2", "http/1.1"],
  });
  const serving = (async () => {
    for (let count = 0; count < 2; count++) {
      using connection = await listener.accept();
      agreed.push((await connection.handshake()).alpnProtocol);
    }
  })();
  for (const open of [tlsFetch, http1Fetch]) {
    const made = await open({ caFile: "ca.pem" }, () => Promise.resolve(authority));
    assert.ok(made.ok);
    await assert.rejects(made.value.fetch(`https://127.0.0.1:${listener.addr.port}/`));
    made.value.close();
  }
  await serving;
  assert.equal(agreed[0], "h2");
  assert.notEqual(agreed[1], "h2");
});
