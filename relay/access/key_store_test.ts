import type { FileAccess, Log } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { KeyStore } from "./key_store.ts";
import { MAX_KEYS } from "./limits.ts";

const KEY = JSON.stringify({ kty: "oct", alg: "HS256", k: "s".repeat(64) });

async function storeOf(
  sources: string | string[],
  readText: () => Promise<string> = () => Promise.reject(),
) {
  const lines: string[] = [];
  const say = (text: string, fields?: object) => void lines.push(text + JSON.stringify(fields));
  const log: Log = { debug: say, info: say, warn: say, error: say, with: () => log };
  const store = await KeyStore.open({
    sources: [sources].flat(),
    files: { readText } as unknown as FileAccess,
    fetch,
    clock: new ManualClock(),
    log,
    reloadMs: 1_000,
    reloads: { ok: 0, refused: 0 },
  });
  return { store, lines };
}

Deno.test("neither the password nor the query of a URL with keys is in the log", async () => {
  const { store, lines } = await storeOf("http://me:hidden@127.0.0.1:1/keys?token=hidden");
  store.close();
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /127\.0\.0\.1:1\/keys:/);
  assert.doesNotMatch(lines[0]!, /hidden/);
});

Deno.test("keys that cannot be understood are said once, until they can be", async () => {
  let text = KEY;
  const { store, lines } = await storeOf("keys", () => Promise.resolve(text));
  const [key] = store.current;
  text = "{";
  for (let time = 0; time < 3; time++) await store.reload();
  assert.equal(lines.length, 1);
  assert.deepEqual(store.current, [key]);
  text = KEY;
  await store.reload();
  text = "{";
  await store.reload();
  store.close();
  assert.equal(lines.length, 2);
});

Deno.test("keys beyond the limit of all files together are said to be left out", async () => {
  const text = `{"keys":[${Array(MAX_KEYS).fill(KEY).join()}]}`;
  const { store, lines } = await storeOf(["one", "two"], () => Promise.resolve(text));
  store.close();
  assert.equal(store.current.length, MAX_KEYS);
  assert.match(lines.join(), /not all keys.*512/);
});
