import assert from "node:assert/strict";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const TEXT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const PARENT = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: 1,
};

Deno.test("a traceparent is read and written as Trace Context has it", () => {
  assert.deepEqual(parseTraceparent(TEXT), PARENT);
  assert.equal(formatTraceparent(PARENT), TEXT);
  assert.equal(formatTraceparent({ ...PARENT, traceFlags: 0 }), TEXT.replace(/1$/, "0"));
});

Deno.test("parseTraceparent() takes what a later version adds", () => {
  assert.deepEqual(parseTraceparent(`${TEXT.replace("00", "cc")}-more`), PARENT);
});

const ILL_FORMED = [
  "",
  TEXT.slice(1),
  TEXT.toUpperCase(),
  `${TEXT}-more`,
  `${TEXT} `,
  TEXT.replace(/^00/, "ff"),
  TEXT.replace(/0af[0-9a-f]*/, "0".repeat(32)),
  TEXT.replace(/b7[0-9a-f]*/, "0".repeat(16)),
  TEXT.replace("b7", "g7"),
];

for (const text of ILL_FORMED) {
  Deno.test(`parseTraceparent() ignores ${JSON.stringify(text)}`, () => {
    assert.equal(parseTraceparent(text), undefined);
  });
}
