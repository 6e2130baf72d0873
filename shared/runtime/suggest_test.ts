import assert from "node:assert/strict";
import { suggest } from "./suggest.ts";

Deno.test("suggest() finds the name that a slip of the finger was meant to be", () => {
  assert.equal(suggest("adress", ["address", "cert_file", "key_file"]), "address");
  assert.equal(suggest("Cert_File", ["address", "cert_file", "key_file"]), "cert_file");
  assert.equal(suggest("chekc", ["serve", "check", "health"]), undefined);
  assert.equal(suggest("chck", ["serve", "check", "health"]), "check");
});

Deno.test("suggest() prefers the nearest name", () => {
  assert.equal(suggest("max_bytez", ["max_bits", "max_bytes"]), "max_bytes");
});

Deno.test("suggest() says nothing when nothing is near", () => {
  assert.equal(suggest("bananas", ["address", "mode"]), undefined);
  assert.equal(suggest("", []), undefined);
});
