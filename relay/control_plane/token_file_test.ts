import assert from "node:assert/strict";
import { TokenFile } from "./token_file.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

function subject(path = "token") {
  const file = { text: "one\n", modified: 1, reads: 0, isGone: false };
  const { log, lines } = memoryLog();
  const token = new TokenFile(path, {
    log,
    files: {
      modified: () =>
        file.isGone ? Promise.reject(new Error("gone")) : Promise.resolve(file.modified),
      readText: () => Promise.resolve((file.reads++, file.text)),
    },
  });
  return { file, lines, token };
}

Deno.test("TokenFile reads again when the file changed, and only then", async () => {
  const { file, token } = subject();
  assert.equal(await token.current(), "one");
  file.text = "two";
  assert.equal(await token.current(), "one");
  file.modified = 2;
  assert.equal(await token.current(), "two");
  assert.equal(file.reads, 2);
});

Deno.test("TokenFile keeps the former token while the file cannot be used, and says so once", async () => {
  const { file, token, lines } = subject();
  await token.current();
  file.isGone = true;
  assert.equal(await token.current(), "one");
  assert.equal(await token.current(), "one");
  assert.equal(lines.length, 1);
  Object.assign(file, { isGone: false, modified: 2, text: "two words" });
  assert.equal(await token.current(), "one");
  file.text = "two";
  assert.equal(await token.current(), "two");
});

Deno.test("TokenFile without a path is no token", async () => {
  const { file, token } = subject("");
  assert.equal(await token.current(), undefined);
  assert.equal(file.reads, 0);
});
