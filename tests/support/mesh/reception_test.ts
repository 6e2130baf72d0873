import assert from "node:assert/strict";
import { Reception } from "./reception.ts";

/** Objects as `group.object`, one every ten milliseconds. */
function received(text: string, reception = new Reception(2)): Reception {
  const start = reception.arrivals.length * 10;
  text.split(" ").forEach((one, at) => {
    const [group, object] = one.split(".").map(Number);
    reception.add({ group: group!, object: object!, sent: 0, received: start + at * 10 });
  });
  return reception;
}

Deno.test("Reception finds nothing wrong with groups that overtake each other", () => {
  const reception = received("3.0 4.0 3.1 4.1");
  assert.deepEqual(reception.faults, []);
  assert.equal(reception.firstGroup, 3);
  assert.equal(received("3.1 4.0 4.1").firstGroup, 4);
  assert.deepEqual(reception.verdict({ first: 3, last: 4 }), {
    first: 3,
    last: 4,
    missing: [],
    cut: [],
    longestGapGroups: 0,
    longestGapMs: 10,
  });
});

Deno.test("Reception tells missing groups from those cut short", () => {
  const { missing, cut, longestGapGroups } = received("0.0 0.1 2.0 4.0 4.1")
    .verdict({ first: 0, last: 6 });
  assert.deepEqual(missing, [1, 3, 5, 6]);
  assert.deepEqual(cut, [2]);
  assert.equal(longestGapGroups, 3);
});

Deno.test("Reception knows what came twice, and lets the objects of a group overtake each other", () => {
  assert.deepEqual(received("0.1 0.0 0.1").faults, ["group 0: object 1 came twice"]);
});

Deno.test("Reception lets a new subscription begin with what the old one had", () => {
  const reception = received("0.0 0.1 1.0");
  reception.rejoin();
  received("1.0 1.1", reception);
  assert.deepEqual(reception.faults, []);
  assert.ok(reception.isWhole(1));
  assert.equal(reception.arrivals.length, 4);
});

Deno.test("Reception measures the longest time in which nothing new came", () => {
  const reception = new Reception(1);
  for (const [group, time] of [[0, 0], [1, 5], [2, 300], [3, 310]] as const) {
    reception.add({ group, object: 0, sent: time, received: time });
  }
  assert.equal(reception.verdict({ first: 0, last: 3 }).longestGapMs, 295);
  assert.equal(reception.verdict({ first: 2, last: 3 }).longestGapMs, 10);
  assert.equal(reception.longestPauseSince(100), 295, "it had begun before");
  assert.equal(reception.longestPauseSince(301), 10);
  assert.equal(reception.longestPauseSince(311), 0);
});
