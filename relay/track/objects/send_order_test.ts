import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import { URGENT } from "../../transport/types.ts";
import { sendOrder, type SendRank } from "./send_order.ts";

const priority = fc.nat(255);
const rank: fc.Arbitrary<SendRank> = fc.record({
  subscriberPriority: priority,
  publisherPriority: priority,
  order: fc.constantFrom("ascending" as const, "descending" as const),
  groupOrdinal: fc.maxSafeNat(),
  subgroup: fc.bigInt(0n, 2n ** 64n - 1n),
});

function holds<T extends unknown[]>(property: fc.IProperty<T>): void {
  checkProperty(property, { numRuns: 2_000 });
}

Deno.test("sendOrder() is a whole number of 32 bits below that of control streams", () => {
  const extremes: SendRank[] = [0, 255].flatMap((subscriberPriority) =>
    [0, 255].flatMap((publisherPriority) =>
      [0, Number.MAX_SAFE_INTEGER].flatMap((groupOrdinal) =>
        (["ascending", "descending"] as const).map((order) => (
          {
            subscriberPriority,
            publisherPriority,
            order,
            groupOrdinal,
            subgroup: BigInt(groupOrdinal),
          }
        ))
      )
    )
  );
  const check = (one: SendRank) => {
    const order = sendOrder(one);
    assert.equal(order, order | 0);
    assert.ok(order < URGENT);
  };
  extremes.forEach(check);
  holds(fc.property(rank, check));
});

Deno.test("R-150 sendOrder() ranks by subscriber priority before all else", () => {
  holds(fc.property(rank, rank, (a, b) => {
    fc.pre(a.subscriberPriority < b.subscriberPriority);
    assert.ok(sendOrder(a) > sendOrder(b));
  }));
});

Deno.test("R-150 sendOrder() ranks by publisher priority among equal subscriber priorities", () => {
  holds(fc.property(rank, rank, (a, b) => {
    fc.pre(a.publisherPriority < b.publisherPriority);
    assert.ok(sendOrder(a) > sendOrder({ ...b, subscriberPriority: a.subscriberPriority }));
  }));
});

Deno.test("R-150 sendOrder() ranks groups by the subscription's order, and subgroups by id", () => {
  const groups = fc.tuple(fc.nat(2 ** 30), fc.nat(2_047), fc.nat(2_047));
  holds(fc.property(rank, groups, fc.nat(15), fc.nat(15), (one, [base, x, y], sx, sy) => {
    const start = base * 2_048;
    const a = { ...one, groupOrdinal: start + x, subgroup: BigInt(sx) };
    const b = { ...one, groupOrdinal: start + y, subgroup: BigInt(sy) };
    if (x !== y) {
      const aFirst = one.order === "ascending" ? x < y : x > y;
      assert.equal(sendOrder(a) > sendOrder(b), aFirst);
    } else assert.equal(Math.sign(sendOrder(a) - sendOrder(b)), Math.sign(sy - sx));
  }));
});

Deno.test("sendOrder() puts subgroups from 15 on behind the others and beside each other", () => {
  const one: SendRank = {
    subscriberPriority: 128,
    publisherPriority: 128,
    order: "ascending",
    groupOrdinal: 4,
    subgroup: 14n,
  };
  const last = sendOrder({ ...one, subgroup: 15n });
  assert.ok(sendOrder(one) > last);
  assert.equal(sendOrder({ ...one, subgroup: 2n ** 53n }), last, "no bits are lost");
  assert.equal(sendOrder({ ...one, subgroup: 2n ** 64n - 1n }), last);
  assert.ok(last > sendOrder({ ...one, groupOrdinal: 5, subgroup: 0n }));
});
