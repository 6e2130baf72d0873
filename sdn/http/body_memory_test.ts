import assert from "node:assert/strict";
import { BodyMemory } from "./body_memory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("recall() gives what was read from the same bytes under the same name, and nothing else", () => {
  const memory = new BodyMemory(10_000, 10);
  const value = { a: 1 };
  memory.remember("x", bytes("one"), value);
  assert.equal(memory.recall("x", bytes("one")), value);
  for (const other of ["onf", "on", "ones", "", "eno"]) {
    assert.equal(memory.recall("x", bytes(other)), undefined);
  }
  assert.equal(memory.recall("y", bytes("one")), undefined);
  memory.remember("x", bytes("two"), 2);
  assert.equal(memory.recall("x", bytes("one")), undefined);
});

Deno.test("what is too long is not remembered, and the oldest goes when there is no room", () => {
  // Room for two bodies with all that belongs to them.
  const memory = new BodyMemory(1200, 4);
  memory.remember("a", bytes("aaaa"), 1);
  memory.remember("b", bytes("bbbb"), 2);
  memory.remember("a", bytes("aaa"), 3);
  assert.equal(memory.recall("b", bytes("bbbb")), 2);
  memory.remember("c", bytes(""), 4);
  assert.deepEqual([memory.recall("b", bytes("bbbb")), memory.recall("a", bytes("aaa"))], [
    undefined,
    3,
  ]);
  assert.equal(memory.recall("c", bytes("")), 4);
  memory.remember("a", bytes("too long"), 6);
  assert.equal(memory.recall("a", bytes("too long")), undefined);
  assert.equal(memory.recall("a", bytes("aaa")), undefined);
});
