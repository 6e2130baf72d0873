import assert from "node:assert/strict";
import type { Registration } from "@qumo/shared/topology";
import { readLinks } from "./measure.ts";

const read = (body: Registration, before?: ReturnType<typeof readLinks>) =>
  readLinks("self", body, { before, weight: 0.5 });

Deno.test("readLinks() gives back what is known to a heartbeat that repeats it", () => {
  const known = read({ neighbors: { a: 2, b: 0 } });
  for (const neighbors of [{ a: 2, b: 0 }, { b: 1, a: 2 }, { a: 2, b: -1, self: 7 }]) {
    assert.equal(read({ neighbors }, known), known);
  }
  const none = read({});
  assert.equal(read({ neighbors: null }, none), none);
});

Deno.test("readLinks() reads a heartbeat anew that says anything else", () => {
  const known = read({ neighbors: { a: 2, b: 3 } });
  const links = (body: Registration) => [...read(body, known).links];
  const [a, b] = [["a", { cost: 2, up: true }], ["b", { cost: 3, up: true }]];
  assert.deepEqual(links({ neighbors: { a: 2 } }), [a]);
  assert.deepEqual(links({}), []);
  assert.deepEqual(links({ neighbors: { a: 2, c: 3 } }), [a, ["c", { cost: 3, up: true }]]);
  assert.deepEqual(links({ neighbors: { a: 2, b: 4 } }), [a, ["b", { cost: 4, up: true }]]);
  assert.deepEqual(links({ neighbors: { a: 2, b: 3 }, links: { b: { up: false } } }), [
    a,
    ["b", { cost: 3, up: false }],
  ]);
  const down = read({ neighbors: { a: 2 }, links: { a: { up: false } } });
  assert.deepEqual([...read({ neighbors: { a: 2 } }, down).links], [a]);
  assert.deepEqual([...known.links], [a, b]);
});

Deno.test("readLinks() forgets the measurements of a link that is gone, and publishes those it has", () => {
  const known = read({ neighbors: { a: 2 }, links: { a: { rtt_ms: 10 } } });
  const stale = { links: read({ neighbors: { b: 1 } }).links, measured: known.measured };
  assert.equal(read({ neighbors: { b: 1 } }, stale).measured.has("a"), false);
  const unpublished = { links: read({ neighbors: { a: 2 } }).links, measured: known.measured };
  assert.equal(read({ neighbors: { a: 2 } }, unpublished).links.get("a")?.rttMs, 10);
});
