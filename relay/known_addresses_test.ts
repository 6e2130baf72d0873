import assert from "node:assert/strict";
import { KnownAddresses } from "./known_addresses.ts";

for (
  const [configured, host, isKnown] of [
    ["loopback", "127.0.0.9", true],
    ["loopback", "::1", true],
    ["loopback", "192.0.2.1", false],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["10.0.0.0/8", "10.200.3.4", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["2001:db8::/32", "2001:db8:7::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["10.0.0.0/8", "2001:db8::1", false],
  ] as const
) {
  Deno.test(`with ${configured} configured, ${host} is ${isKnown ? "known" : "a stranger"}`, () => {
    assert.equal(new KnownAddresses([configured]).has(host), isKnown);
  });
}

Deno.test("an address where a neighbor answered is known from then on", () => {
  const known = new KnownAddresses([]);
  assert.equal(known.has("192.0.2.1"), false);
  known.addNeighbor("192.0.2.1:4433");
  assert.equal(known.has("192.0.2.1"), true);
});
