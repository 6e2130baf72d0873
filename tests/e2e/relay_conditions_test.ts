/** What a relay says of itself when its controller does not take it. */
import assert from "node:assert/strict";
import { becomes } from "../support/until.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

Deno.test("a relay with a bad controller token says so, and is unready where that is configured", async () => {
  const token = await Deno.makeTempFile();
  await Deno.writeTextFile(token, "wrong");
  const admin = "an-admin's-token";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(admin));
  const sha256 = new Uint8Array(digest).toHex();
  const auth = { mode: "token", tokens: [{ role: "admin", sha256 }] };
  await using program = await SdnProcess.start({ auth }, { token: admin });
  for (const isStrict of [false, true]) {
    await using relay = await startRelay({
      // It waits for nobody to say what is revoked, who would not be told.
      auth: { revocations_wait_ms: 0 },
      sdn: {
        urls: [program.url],
        relay_name: "tokyo",
        token_file: token,
        unregistered_is_unready: isStrict,
      },
    });
    const ask = async (path: string) => {
      const response = await fetch(`${relay.origin}${path}`);
      return { status: response.status, body: await response.json() };
    };
    const refused = ["controller_unauthorized", "stale_mirror", "revocations_unknown"];
    await becomes(async () => (await ask("/status")).body.conditions, refused);
    assert.equal((await ask("/status")).body.node_id, "tokyo", "it has one name");
    const { status, body } = await ask("/health?probe=ready");
    assert.deepEqual(body.conditions, refused);
    assert.deepEqual(
      [status, body.ready, body.reason],
      isStrict ? [503, false, "controller_unauthorized"] : [200, true, undefined],
    );
    assert.match(
      await relay.metrics(),
      /^qumo_relay_condition\{condition="controller_unauthorized",relay="tokyo"\} 1$/m,
    );
    await relay.end();
  }
  const response = await fetch(`${program.url}/events`, {
    headers: { authorization: `Bearer ${admin}` },
  });
  const { events } = await response.json();
  const kinds: string[] = events.map(({ kind }: { kind: string }) => kind);
  assert.equal(kinds.filter((kind) => kind === "tokens_refused").length, 1, kinds.join());
  await Deno.remove(token);
});
