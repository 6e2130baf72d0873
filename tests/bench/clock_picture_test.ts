import assert from "node:assert/strict";
import { CLOCK_BITS, draw } from "./clock_picture.ts";

Deno.test("draw() shows the time in bright and dark fields, and the same the other way round below", () => {
  const time = 1_796_037_749_905;
  const picture = draw(time);
  const [width, height] = [320, picture.length / 320];
  const row = (y: number) =>
    Array.from({ length: CLOCK_BITS }, (_, bit) => {
      const middle = (bit + 0.5) * width / CLOCK_BITS;
      return Number(picture[y * width + middle]! > 128) << bit;
    }).reduce((sum, bit) => sum + bit);
  const shown = row(height / 4);
  assert.equal(shown, time % 2 ** CLOCK_BITS);
  assert.equal(row(height * 3 / 4), 2 ** CLOCK_BITS - 1 - shown);
});
