import assert from "node:assert/strict";
import { formatAddress, isLoopback, parseAddress, reachable } from "./address.ts";

Deno.test("parseAddress() reads addresses with their port", () => {
  assert.deepEqual(parseAddress("127.0.0.1:4433"), { hostname: "127.0.0.1", port: 4433 });
  assert.deepEqual(parseAddress("[::]:0"), { hostname: "::", port: 0 });
  assert.deepEqual(parseAddress("[::ffff:1.2.3.4]:1"), { hostname: "::ffff:1.2.3.4", port: 1 });
  assert.deepEqual(parseAddress("localhost:80"), { hostname: "127.0.0.1", port: 80 });
  assert.deepEqual(parseAddress(":4433"), { hostname: "0.0.0.0", port: 4433 });
});

Deno.test("parseAddress() refuses what is no address", () => {
  for (
    const text of [
      "",
      "4433",
      "127.0.0.1",
      "::1:4433",
      "[::1]",
      "[:::1]:1",
      "[127.0.0.1]:1",
      "1.2.3:1",
      "256.0.0.1:1",
      "01.2.3.4:1",
      "1.2.3.4.:1",
      "[::1%1]:1",
      "[1:2:3:4:5:6:7:8:9]:1",
      "example.com:4433",
      "127.0.0.1:65536",
      "127.0.0.1:-1",
      "http://127.0.0.1:1",
      "127.0.0.1:1 ",
    ]
  ) assert.equal(parseAddress(text), undefined, text);
});

Deno.test("formatAddress() writes what parseAddress() reads", () => {
  for (const text of ["127.0.0.1:4433", "[::1]:4433"]) {
    assert.equal(formatAddress(parseAddress(text)!), text);
  }
});

Deno.test("isLoopback() knows every spelling of this machine", () => {
  for (const hostname of ["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"]) {
    assert.ok(isLoopback({ hostname, port: 1 }), hostname);
  }
  for (const hostname of ["0.0.0.0", "::", "10.0.0.1", "fe80::1", "2001:db8::1", "::2", "::11"]) {
    assert.ok(!isLoopback({ hostname, port: 1 }), hostname);
  }
});

Deno.test("reachable() calls this machine where a program listens on every address", () => {
  assert.equal(reachable({ hostname: "0.0.0.0", port: 1 }).hostname, "127.0.0.1");
  assert.equal(reachable({ hostname: "::", port: 1 }).hostname, "::1");
  assert.equal(reachable({ hostname: "10.0.0.1", port: 1 }).hostname, "10.0.0.1");
});
