import assert from "node:assert/strict";
import { handshakeErrorFrom, TransportError, transportErrorFrom } from "./errors.ts";
import { generateCertificate } from "./generated_certificate.ts";

Deno.test("transportErrorFrom() reads kind and code out of Deno's texts", () => {
  const texts: [text: string, kind: string, code: number][] = [
    ["stream reset by peer: error 42", "reset", 42],
    ["stream reset by peer: error 91141958510816", "reset", 91141958510816],
    ["sending stopped by peer: error 0", "stopped", 0],
    ["closed by peer: bye (code 7)", "closed", 7],
    ["closed by peer: two\nlines (code 1) (code 8)", "closed", 8],
    ["closed", "closed", 0],
    ["connection lost", "closed", 0],
    ["timed out", "closed", 0],
    ["say: sending stopped by peer: error 5", "closed", 0],
  ];
  for (const [text, kind, code] of texts) {
    const cause = new Error(text);
    const error = transportErrorFrom(cause);
    assert.deepEqual([error.kind, error.code], [kind, code], text);
    assert.equal(error.message, text);
    assert.equal(error.cause, cause);
  }
  assert.equal(transportErrorFrom("nonsense").kind, "closed");
});

Deno.test("the funnels leave our own errors as they are", () => {
  const error = new TransportError("stopped", 3, "enough");
  assert.equal(transportErrorFrom(error), error);
  assert.equal(handshakeErrorFrom(error), error);
  assert.equal(handshakeErrorFrom(new Error("no")).kind, "handshake");
});

// The texts above hold for Deno 2.9. This asks the Deno that runs; only a reset cannot be asked for,
// since no call of Deno's sends one.
Deno.test("the running Deno still words a stop so", async () => {
  const { client, server, endpoint } = await rawPair();
  const writer = (await client.createUnidirectionalStream()).getWriter();
  await writer.write(new Uint8Array(1));
  const { value: incoming } = await server.incomingUnidirectionalStreams.getReader().read();
  await incoming!.cancel();
  await assert.rejects(writeForever(writer), { message: "sending stopped by peer: error 0" });
  endpoint.close();
});

Deno.test("the running Deno still words the end of a connection so", async () => {
  const { client, server, endpoint, certificate } = await rawPair();
  const writer = (await client.createUnidirectionalStream()).getWriter();
  client.close({ closeCode: 7, reason: "bye" });
  assert.deepEqual({ ...await client.closed }, { closeCode: 0, reason: "" });
  assert.deepEqual({ ...await server.closed }, { closeCode: 7, reason: "bye" });
  const opening = server.createUnidirectionalStream({ waitUntilAvailable: true });
  await assert.rejects(opening, { message: "closed by peer: bye (code 7)" });
  const openingHere = client.createUnidirectionalStream({ waitUntilAvailable: true });
  await assert.rejects(openingHere, { message: "closed" });
  await assert.rejects(writer.write(new Uint8Array(1)), (error) => {
    assert.equal(transportErrorFrom(error).kind, "closed");
    return true;
  });

  const noCommon = Deno.connectQuic<false>({
    hostname: "127.0.0.1",
    port: endpoint.addr.port,
    serverName: "localhost",
    alpnProtocols: ["other"],
    caCerts: [certificate.certificate],
  });
  await assert.rejects(noCommon, { message: /^aborted by peer: .*peer doesn't support any known/ });
  endpoint.close();
});

async function rawPair() {
  const certificate = await generateCertificate(["localhost"]);
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({
    cert: certificate.certificate,
    key: certificate.key,
    alpnProtocols: ["test"],
  });
  const first = Promise.withResolvers<Deno.QuicConn>();
  (async () => {
    for await (const incoming of listener) {
      incoming.accept<false>().then(first.resolve, () => {});
    }
  })();
  const client = await Deno.connectQuic<false>({
    hostname: "127.0.0.1",
    port: endpoint.addr.port,
    serverName: "localhost",
    alpnProtocols: ["test"],
    caCerts: [certificate.certificate],
  });
  return { client, server: await first.promise, endpoint, certificate };
}

// Writes that fit the window do not let Deno's network run: large ones fill it soon.
async function writeForever(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<never> {
  for (;;) await writer.write(new Uint8Array(65_536));
}
