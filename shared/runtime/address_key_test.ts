import assert from "node:assert/strict";
import { addressBytes, addressKey } from "./address_key.ts";

for (
  const [address, key] of [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["2001:db8:1:2:3::", "2001:db8:1:2::/64"],
    ["::1", "0:0:0:0::/64"],
  ] as const
) {
  Deno.test(`addressKey() counts ${address} as ${key}`, () => {
    assert.equal(addressKey(address), key);
  });
}

for (
  const [host, hex] of [
    ["192.0.2.7", "c0000207"],
    ["::1", "00000000000000000000000000000001"],
    ["2001:DB8::", "20010db8000000000000000000000000"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["::ffff:192.0.2.7", "00000000000000000000ffffc0000207"],
    ["relay.example", undefined],
  ] as const
) {
  Deno.test(`addressBytes() of ${host} is ${hex ?? "nothing"}`, () => {
    assert.equal(addressBytes(host)?.toHex(), hex);
  });
}
