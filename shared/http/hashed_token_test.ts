import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { basicPassword, bearerToken, findToken, hashedToken } from "./hashed_token.ts";

const digits = createHash("sha256").update("a-secret").digest("hex");

for (
  const [header, token] of [
    ["Bearer a-secret", "a-secret"],
    ["bearer  a-secret", "a-secret"],
    ["Bearer a secret", undefined],
    ["Bearer", undefined],
    ["Basic a-secret", undefined],
    ["", undefined],
    [null, undefined],
  ] as const
) {
  Deno.test(`bearerToken of ${JSON.stringify(header)} is ${token}`, () => {
    assert.equal(bearerToken(header), token);
  });
}

for (
  const [header, password] of [
    [`Basic ${btoa("me:a-secret")}`, "a-secret"],
    [`basic ${btoa(":a:b")}`, "a:b"],
    [`Basic ${btoa("no colon")}`, undefined],
    ["Basic =", undefined],
    ["Basic AAAAA", undefined],
    ["Bearer bWU6eA==", undefined],
    [null, undefined],
  ] as const
) {
  Deno.test(`basicPassword of ${JSON.stringify(header)} is ${password}`, () => {
    assert.equal(basicPassword(header), password);
  });
}

Deno.test("a token is found by its text, whether its hash or its file is configured", async () => {
  const readText = (path: string) => Promise.resolve(`text of ${path}\n`);
  const known = [
    await hashedToken({ sha256: digits }, readText),
    await hashedToken({ token_file: "file" }, readText),
  ];
  assert.equal(findToken("a-secret", known), known[0]);
  assert.equal(findToken("text of file", known), known[1]);
  for (const other of ["", "a-secre", "a-secret ", digits]) {
    assert.equal(findToken(other, known), undefined);
  }
});
