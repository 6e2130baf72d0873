import assert from "node:assert/strict";
import { offeredVersions, versionName } from "./client_setup.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("offeredVersions() names what @moq/net offers without a protocol", () => {
  const body = hex(
    "0019 03 c0000000ff0dad02 c0000000ff0dad01 c0000000ff00000e 00",
  );
  assert.deepEqual(offeredVersions(body).map(versionName), [
    "moq-lite-02",
    "moq-lite-01",
    "moqt draft 14",
  ]);
});

Deno.test("offeredVersions() names as many as have come, and none of what is no list", () => {
  assert.deepEqual(offeredVersions(hex("0011 02 c0000000ff00000e c000")), [0xff00000en]);
  assert.deepEqual(offeredVersions(hex("0003 01 02 4064")), []);
  assert.deepEqual(offeredVersions(hex("00")), []);
  const many = hex(`ffff 7fff ${"c0000000ff00000e ".repeat(40)}`);
  assert.equal(offeredVersions(many).length, 16);
});
