import assert from "node:assert/strict";
import { vi64 } from "../../varint.ts";
import { draft18 } from "./draft18.ts";
import { draftOf, drafts } from "./mod.ts";

Deno.test("draftOf() finds a draft by its token, and nothing by any other", () => {
  for (const draft of drafts) assert.equal(draftOf(draft.protocol), draft);
  for (const protocol of ["", "moqt", "moqt-1", "moqt-180", "MOQT-18", "h3", "__proto__"]) {
    assert.equal(draftOf(protocol), undefined);
  }
});

Deno.test("every draft has a token of its own", () => {
  assert.equal(new Set(drafts.map(({ protocol }) => protocol)).size, drafts.length);
});

Deno.test("draft 18 is of the family with a stream for each request and counts in vi64", () => {
  const { protocol, number, family, varint } = draft18;
  assert.deepEqual({ protocol, number, family }, { protocol: "moqt-18", number: 18, family: "B" });
  assert.equal(varint, vi64);
});

Deno.test("draft 18 speaks its messages in vi64", () => {
  const setup = Uint8Array.fromHex("af000000");
  assert.deepEqual(draft18.control.encode({ kind: "setup", options: {} }), setup);
  assert.deepEqual(draft18.control.decode(0x2f00n, setup.subarray(4)), {
    kind: "setup",
    options: { authorizationTokens: [] },
  });
});
