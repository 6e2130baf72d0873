import assert from "node:assert/strict";
import { mayReadDetails } from "./details.ts";

const CALLERS: [string, string | undefined, Record<string, string>, boolean][] = [
  ["a program on this machine", "127.0.0.1", { Host: "127.0.0.1:4433" }, true],
  ["the same by name", "::1", { Host: "localhost:4433" }, true],
  ["the same by IPv6", "::1", { Host: "[::1]:4433" }, true],
  ["another machine", "192.0.2.7", { Host: "127.0.0.1:4433" }, false],
  ["a page whose name points here", "127.0.0.1", { Host: "127.evil.example:4433" }, false],
  ["a proxy that speaks for another", "127.0.0.1", { "X-Forwarded-For": "192.0.2.7" }, false],
  ["nobody knows who", undefined, {}, false],
];
for (const [who, remote, headers, may] of CALLERS) {
  Deno.test(`names and addresses are ${may ? "" : "not "}shown to ${who}`, () => {
    const caller = { remote, headers: new Headers(headers) };
    assert.equal(mayReadDetails(caller, "loopback"), may);
    assert.equal(mayReadDetails(caller, "open"), true);
  });
}
