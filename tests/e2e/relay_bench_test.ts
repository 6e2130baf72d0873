/** `qumo-relay bench`, as people run it, against our relay and moq-dev's. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { moqRelayMissing, startMoqRelay } from "../peers/moq_relay.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { runClientCommand } from "../support/processes/relay_client.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { startRelayInProcess } from "../support/processes/relay_in_process.ts";

const LOAD = ["--publishers", "2", "--subscribers", "2", "--tracks", "2", "--duration", "1"];

/** Runs the bench, and gives its result and what it said meanwhile. */
async function bench(deadline: Deadline, words: readonly string[]) {
  const command = runClientCommand(["bench", ...words, ...LOAD, "--json"]);
  const { code, stdout, stderr } = await deadline.for("the bench", command);
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assert.ok(result.delivered > 0 && result.lost >= 0, stdout);
  assert.equal(result.delivered + result.lost, result.expected);
  // Two subscribers of each of the two publishers have both of its tracks.
  assert.equal(result.expected % 4, 0);
  assert.ok(result.latency_ms.p50 > 0 && result.latency_ms.max >= result.latency_ms.p99, stdout);
  assert.ok(result.session_setup_ms.max > 0 && result.first_object_ms.max > 0, stdout);
  assert.match(stderr, /6 sessions open\n(?:\d+ s {2}\d+ objects\/s {2}.* ms\n)+$/);
  return result;
}

for (
  const [protocol, scheme, transport] of [
    ["moqt-22", "https", "webtransport"],
    ["moqt-16", "moqt", "quic"],
    ["moq-00", "moqt", "quic"],
    ["moq-lite-06", "https", "webtransport"],
  ] as const
) {
  Deno.test(`bench measures a relay by ${protocol} over ${transport}`, async () => {
    using deadline = new Deadline();
    await using relay = await startRelay();
    const at = `${scheme}://127.0.0.1:${relay.port}`;
    const result = await bench(deadline, [at, "--protocol", protocol]);
    assert.deepEqual([result.protocol, result.transport], [protocol, transport]);
  });
}

Deno.test("bench prints a table, and refuses what it cannot do", async () => {
  using deadline = new Deadline();
  await using relay = await startRelay();
  const at = `moqt://127.0.0.1:${relay.port}`;
  const run = (words: readonly string[], env = {}) =>
    deadline.for("the bench", runClientCommand(["bench", ...words], env));
  const table = await run([at, "--subscribers", "1", "--duration", "1"]);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^WHAT +FOUND\nrelay +moqt:.*\nload +1 publishers x 1 tracks, /);
  assert.match(table.stdout, /\nlost +\d+ of \d+\n/);
  const wrong = await run([at, "--size", "1"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--size is a number from 20 to/);
  const key = await generate("HS256", "users");
  const auth = { ...DEFAULTS.auth, mode: "token", keys: ["users.jwk"] } as const;
  await using closed = await startRelayInProcess({ auth }, { "users.jwk": JSON.stringify(key) });
  const env = { QUMO_TOKEN: await sign(key, { root: "", put: "other", get: "" }) };
  const refused = await run([`moqt://127.0.0.1:${closed.port}`], env);
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(refused.stderr, /: publishing was refused: /);
});

optionalTest("bench measures moq-dev's relay", moqRelayMissing, async () => {
  using deadline = new Deadline();
  await using relay = await startMoqRelay({ speaks: ["moq-lite-06", "moq-transport-18"] });
  const hash = ["--certificate-hash", relay.certificateHash!.toHex()];
  for (const protocol of ["moq-lite-06", "moqt-18"]) {
    const at = `https://127.0.0.1:${relay.port}/`;
    const result = await bench(deadline, [at, "--protocol", protocol, ...hash]);
    assert.equal(result.protocol, protocol);
  }
});
