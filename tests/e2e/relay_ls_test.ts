/** `qumo-relay ls`, as people run it: at our relay in each family of dialects, and at moq-dev's. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { moqRelayMissing, startMoqRelay } from "../peers/moq_relay.ts";
import { Deadline } from "../support/deadline.ts";
import { freePort } from "../support/mesh/ports.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import { runClientCommand, startClientCommand } from "../support/processes/relay_client.ts";
import { startRelayInProcess } from "../support/processes/relay_in_process.ts";

for (const protocol of ["moqt-22", "moqt-17", "moqt-16", "moq-lite-06", "moq-lite-03"]) {
  Deno.test(`ls lists what is published at a relay by ${protocol}`, async () => {
    using deadline = new Deadline();
    await using relay = await startRelayInProcess();
    const publisher = await deadline.for("a publisher", moqNetBy("moq-lite-05")(relay));
    await using ends = new AsyncDisposableStack();
    ends.defer(() => publisher.close());
    for (const path of ["live/cam", "live/door", "other"]) {
      await deadline.for("a namespace", publisher.publish(path, ["video"]));
    }
    const url = protocol.length % 2 === 0 ? "moqt" : "https";
    const at = `${url}://127.0.0.1:${relay.port}`;
    const listed = await deadline.for("ls", runClientCommand(["ls", at, "--protocol", protocol]));
    assert.deepEqual([listed.code, listed.stdout], [0, "NAMESPACE\nlive/cam\nlive/door\nother\n"]);
    const some = await deadline.for(
      "ls of a prefix",
      runClientCommand(["ls", at, "live", "--json", "--protocol", protocol]),
    );
    assert.deepEqual(JSON.parse(some.stdout), { namespaces: ["live/cam", "live/door"] });
    const begun = relay.lines.filter(({ fields }) => fields.implementation === "qumo-relay dev");
    for (const { fields } of begun) assert.equal(fields.protocol, protocol);
  });
}

Deno.test("ls -f goes on with what comes and goes, and ends at Ctrl-C", async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  await using list = startClientCommand(["ls", `http://127.0.0.1:${relay.port}`, "-f", "--json"]);
  const publisher = await deadline.for("a publisher", moqNetBy("moq-lite-05")(relay));
  await deadline.for("a namespace", publisher.publish("live/cam", ["video"]));
  await deadline.for("the announcement", list.says(/"announced","namespace":"live\/cam"/));
  await publisher.close();
  await deadline.for("the withdrawal", list.says(/"withdrawn","namespace":"live\/cam"/));
  assert.equal(await deadline.for("the end", list.end("SIGINT")), 0);
});

Deno.test("who is refused is told why, and what to do", async () => {
  using deadline = new Deadline();
  const key = await generate("HS256", "users");
  const auth = { ...DEFAULTS.auth, mode: "token", keys: ["users.jwk"] } as const;
  await using relay = await startRelayInProcess({ auth }, { "users.jwk": JSON.stringify(key) });
  const hash = relay.certificateHash.toHex();
  const by = async (words: readonly string[], env = {}) => {
    const { code, stderr } = await deadline.for("ls", runClientCommand(["ls", ...words], env));
    return [code, stderr] as const;
  };
  for (const scheme of ["https", "moqt"]) {
    const [code, said] = await by([`${scheme}://127.0.0.1:${relay.port}`]);
    assert.equal(code, 3);
    assert.match(said, /lets nobody in with no token: say --token-file FILE: /);
    const token = await sign(key, { root: "", get: "" });
    const env = { QUMO_TOKEN: token };
    const [admitted, empty] = await by([`${scheme}://127.0.0.1:${relay.port}`], env);
    assert.equal(admitted, 0);
    assert.match(empty, /^Nothing like that is published at 127\.0\.0\.1:\d+\/?\n$/);
  }
  const wrong = await by([`https://127.0.0.1:${relay.port}`, "--certificate-hash", "0".repeat(64)]);
  assert.equal(wrong[0], 3);
  assert.ok(wrong[1].includes(`--certificate-hash ${hash}`), wrong[1]);
  const nobody = await by([`https://127.0.0.1:${freePort()}`, "--timeout", "1"]);
  assert.equal(nobody[0], 3);
  assert.match(nobody[1], /^Nothing answers at 127\.0\.0\.1:\d+, over UDP or TCP/);
});

Deno.test("ls says that there is nothing, and where it looked", async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  const at = `http://127.0.0.1:${relay.port}/here?jwt=secret`;
  const listed = await deadline.for("ls", runClientCommand(["ls", at]));
  assert.deepEqual([listed.code, listed.stdout], [0, "NAMESPACE\n"]);
  assert.equal(listed.stderr, `Nothing like that is published at 127.0.0.1:${relay.port}/here\n`);
});

Deno.test("ls says where TCP gets through and UDP does not", async () => {
  using deadline = new Deadline();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("no"),
  );
  const at = `moqt://127.0.0.1:${server.addr.port}`;
  const { code, stderr } = await deadline.for(
    "ls",
    runClientCommand(["ls", at, "--timeout", "15"]),
  );
  assert.equal(code, 3);
  assert.match(stderr, /answers over TCP and not over UDP: is UDP blocked on the way\?/);
});

Deno.test("wrong words are refused with the right ones", async () => {
  for (
    const [words, said] of [
      [["ls"], /Say qumo-relay ls URL \[PREFIX\]/],
      [["ls", "ftp://a"], /ftp:\/\/a is none of https:/],
      [["ls", "https://a", "--protocl", "18"], /Unknown flag --protocl: did you mean --protocol\?/],
      [["ls", "https://a", "--protocol", "moqt-81"], /No protocol is called moqt-81/],
      [["ls", "https://a", "--certificate-hash", "12"], /--certificate-hash has 64 hex digits/],
      [["ls", "https://a", "--token-file", "/nowhere"], /Cannot read \/nowhere/],
    ] as const
  ) {
    const { code, stderr } = await runClientCommand(words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
  }
});

optionalTest("ls lists what is published at moq-dev's relay", moqRelayMissing, async () => {
  using deadline = new Deadline();
  await using relay = await startMoqRelay({ speaks: ["moq-lite-06", "moq-transport-18"] });
  await using ends = new AsyncDisposableStack();
  const publisher = await deadline.for("a publisher", moqNetBy("moqt-18")(relay));
  ends.defer(() => publisher.close());
  await deadline.for("the namespace", publisher.publish("live/cam", ["video"]));
  const hash = relay.certificateHash!.toHex();
  for (const protocol of ["moq-lite-06", "moqt-18"]) {
    const { code, stdout, stderr } = await deadline.for(
      "ls",
      runClientCommand([
        ...["ls", `https://127.0.0.1:${relay.port}/`, "--protocol", protocol],
        ...["--certificate-hash", hash],
      ]),
    );
    assert.deepEqual([code, stdout], [0, "NAMESPACE\nlive/cam\n"], stderr);
  }
});
