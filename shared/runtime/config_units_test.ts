import assert from "node:assert/strict";
import { bytes, milliseconds, seconds } from "./config_units.ts";

Deno.test("durations and sizes are numbers in their key's unit, or texts with their own", () => {
  const ms = milliseconds(0, 86_400_000);
  const sec = seconds(0.1, 3600);
  const size = bytes(1, 2 ** 40);
  for (
    const [kind, written, value] of [
      [ms, 250, 250],
      [ms, "250ms", 250],
      [ms, "10s", 10_000],
      [ms, "1.5 s", 1500],
      [ms, "1m30s", 90_000],
      [ms, "2min", 120_000],
      [ms, "1d", 86_400_000],
      [sec, 12.5, 12.5],
      [sec, "500ms", 0.5],
      [sec, "1h", 3600],
      [size, 4096, 4096],
      [size, "256MiB", 268_435_456],
      [size, "256Mi", 268_435_456],
      [size, "64kB", 64_000],
      [size, "1.5 GiB", 1_610_612_736],
      [size, "12B", 12],
    ] as const
  ) assert.equal(kind.parse(written), value, String(written));
});

Deno.test("a duration or size that cannot be is answered with what can", () => {
  for (
    const [kind, written] of [
      [milliseconds(0, 5000), "10s"],
      [milliseconds(0, 5000), "0.5ms"],
      [milliseconds(0, 5000), "10"],
      [milliseconds(0, 5000), "10 parsecs"],
      [milliseconds(0, 5000), "-1s"],
      [seconds(0.1, 10), "1m"],
      [bytes(1, 1000), "1KiB"],
      [bytes(1, 1000), "64M"],
      [bytes(1, 1000), true],
    ] as const
  ) {
    const result = kind.safeParse(written);
    assert.match(result.error?.issues[0]?.message ?? "", /^an? \w+ from .*, or a text like /);
  }
});
