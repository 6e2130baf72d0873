import assert from "node:assert/strict";
import { UnsentAnswers } from "./unsent.ts";

function world(max: number) {
  const ended: string[] = [];
  let cuts = 0;
  const unsent = new UnsentAnswers(max, () => void cuts++);
  const hold = (address: string, bytes: number, name = address) =>
    unsent.hold({ address, destroy: () => void ended.push(name) }, bytes);
  return { unsent, ended, hold, cuts: () => cuts };
}

Deno.test("the address with most of what waits loses the connection that waits for longest", () => {
  const { unsent, ended, hold, cuts } = world(100);
  hold("192.0.2.1", 30);
  for (const name of ["first", "second", "third"]) hold("192.0.2.2", 20, name);
  assert.deepEqual(ended, []);
  hold("192.0.2.3", 30);
  assert.deepEqual(ended, ["first"]);
  assert.deepEqual([unsent.bytes, cuts()], [100, 1]);
});

Deno.test("what was sent makes room, once", () => {
  const { unsent, ended, hold } = world(100);
  const sent = hold("192.0.2.1", 80);
  sent();
  sent();
  assert.equal(unsent.bytes, 0);
  hold("192.0.2.1", 80)();
  hold("192.0.2.1", 0)();
  assert.deepEqual([unsent.bytes, ended], [0, []]);
});

Deno.test("addresses of one network of IPv6 count as one, and one answer may be larger than all", () => {
  const { unsent, ended, hold } = world(100);
  for (let at = 1; at < 4; at++) hold(`2001:db8::${at}`, 25, `${at}`);
  hold("192.0.2.1", 40);
  assert.deepEqual(ended, ["1"]);
  const all = world(100);
  all.hold("192.0.2.1", 200);
  assert.deepEqual(all.ended, []);
  all.hold("192.0.2.1", 200, "second");
  assert.deepEqual([all.ended, unsent.bytes], [["192.0.2.1"], 90]);
});
