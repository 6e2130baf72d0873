/** `qumo-relay doctor`, as somebody runs it whose relay does not do what it should. */
import assert from "node:assert/strict";
import { runModule, runToEnd, writeConfig } from "../support/processes/program_process.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { until } from "../support/until.ts";

async function examine(config: object) {
  const { folder, file } = await writeConfig(config);
  const result = await runToEnd(runModule("relay/main.ts", ["doctor", "-c", file]));
  await Deno.remove(folder, { recursive: true });
  return result;
}

Deno.test("a relay that lacks nothing is told so, with what was looked at", async () => {
  await using controller = await SdnProcess.start();
  const sdn = { urls: [controller.url], relay_name: "b", neighbors: { a: 1 } };
  await using _neighbor = await startRelay({ sdn: { urls: [controller.url], relay_name: "a" } });
  await until("the neighbor's lease", async () => {
    return JSON.parse(await controller.get("/relay")).count === 1;
  });
  const { code, stdout, stderr } = await examine({ server: { address: "127.0.0.1:0" }, sdn });
  assert.equal(code, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^ok {4}port: UDP 127\.0\.0\.1:0 is free$/m);
  assert.match(stdout, /^ok {4}certificate: the relay makes its own/m);
  assert.match(stdout, /^ok {4}controller: http:\S+ lets this relay register$/m);
  assert.match(stdout, /^ok {4}clock: as the controller's$/m);
  assert.match(stdout, /^ok {4}neighbor: a at moqt:\S+ answers by moqt-\d\d within \d+ ms$/m);
});

Deno.test("what keeps a relay from its work is said in words, with what to do", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const { code, stdout, stderr } = await examine({
    server: { address: `127.0.0.1:${port}` },
    sdn: { urls: ["http://127.0.0.1:1"], relay_name: "b" },
    upstream: ["moqt://127.0.0.1:2"],
  });
  taken.close();
  assert.equal(code, 1, stderr);
  assert.match(
    stdout,
    /^fail {2}port: TCP 127\.0\.0\.1:\d+ cannot be had: .*in use.*\n +End the program/m,
  );
  assert.match(stdout, /^fail {2}controller: no answer from http:\/\/127\.0\.0\.1:1\/?: /m);
  assert.match(
    stdout,
    /^fail {2}upstream: the origin at moqt:\/\/127\.0\.0\.1:2 cannot be reached/m,
  );
  assert.match(stdout, /\n3 to be mended, \d to be looked at\n$/);
});

Deno.test("a relay that runs is found at its port, and a file that is no certificate is named", async () => {
  await using relay = await startRelay();
  const address = `127.0.0.1:${relay.port}`;
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/cert.pem`, "no certificate");
  const { code, stdout } = await examine({
    server: { address, cert_file: `${folder}/cert.pem`, key_file: `${folder}/cert.pem` },
  });
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 1);
  assert.match(stdout, /^ok {4}port: a relay runs at 127\.0\.0\.1:\d+ and is ready$/m);
  assert.match(stdout, /^fail {2}certificate: \S+cert\.pem with \S+ cannot be used: /m);
});

Deno.test("a token that the controller does not take, or that may not register, is told apart", async () => {
  const sha256 = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("reader")),
  ).toHex();
  await using controller = await SdnProcess.start({
    auth: { mode: "token", tokens: [{ sha256, role: "read" }] },
  });
  const folder = await Deno.makeTempDir();
  const tokenFile = `${folder}/token`;
  const sdn = { urls: [controller.url], relay_name: "b", token_file: tokenFile };
  const server = { address: "127.0.0.1:0" };
  await Deno.writeTextFile(tokenFile, "reader");
  const reader = await examine({ server, sdn });
  await Deno.writeTextFile(tokenFile, "stranger");
  const stranger = await examine({ server, sdn });
  await Deno.remove(folder, { recursive: true });
  assert.match(reader.stdout, /^fail {2}controller: the token is one to read at .*\n.*role relay/m);
  assert.match(stranger.stdout, /^fail {2}controller: http:\S+ does not take the token$/m);
  assert.deepEqual([reader.code, stranger.code], [1, 1]);
});
