import assert from "node:assert/strict";
import { counter, type Distribution, distribution, type Family } from "./family.ts";
import { createExposition } from "./prometheus.ts";

Deno.test("scrapes at the same time show what each has read", async () => {
  const exposition = createExposition<number>([counter("a_total", "An a.", (value) => value)]);
  const texts = await Promise.all([2, 5].map((value) => exposition.text(value)));
  assert.deepEqual(texts.map((text) => text.trim().split("\n").at(-1)), ["a_total 2", "a_total 5"]);
});

Deno.test("every series has the common labels beside its own, distributions too", async () => {
  const one: Distribution = { bounds: [1, 2], counts: [3, 0, 4], sum: 25 };
  const families: Family[] = [
    {
      type: "gauge",
      name: "a",
      help: "An a.",
      labels: ["kind"],
      read: (_, add) => add(7, { kind: "x" }),
    },
    { type: "histogram", name: "b", help: "Bs.", read: (_, add) => add(one, { kind: "y" }) },
    distribution("c", "Cs.", () => one),
  ];
  const text = await createExposition(families, { relay: "r" }).text();
  assert.deepEqual(text.split("\n").filter((line) => line !== "" && line[0] !== "#"), [
    'a{kind="x",relay="r"} 7',
    'b_bucket{le="1",kind="y",relay="r"} 3',
    'b_bucket{le="2",kind="y",relay="r"} 3',
    'b_bucket{le="+Inf",kind="y",relay="r"} 7',
    'b_sum{kind="y",relay="r"} 25',
    'b_count{kind="y",relay="r"} 7',
    'c_bucket{le="1",relay="r"} 3',
    'c_bucket{le="2",relay="r"} 3',
    'c_bucket{le="+Inf",relay="r"} 7',
    'c_sum{relay="r"} 25',
    'c_count{relay="r"} 7',
  ]);
});
