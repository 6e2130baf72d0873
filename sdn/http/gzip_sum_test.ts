import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { checkProperty } from "../../tests/support/properties.ts";
import { GzipEnd, sumOf } from "./gzip_sum.ts";

Deno.test("sums of pieces make the sum of the whole, however it is cut", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 8 });
  checkProperty(
    fc.property(pieces, (list) => {
      const end = new GzipEnd();
      for (const piece of list) end.add(sumOf(piece));
      const whole = Uint8Array.from(list.flatMap((piece) => [...piece]));
      const view = new DataView(end.bytes().buffer, 5);
      assert.deepEqual(
        [view.getUint32(0, true), view.getUint32(4, true)],
        [crc32(whole), whole.length],
      );
    }),
    { numRuns: 300 },
  );
});
