import { hashedToken } from "@qumo/shared/http";
import assert from "node:assert/strict";
import { type Reach, reachOf } from "./callers.ts";

const tokens = [
  await hashedToken({ token_file: "ops" }, () => Promise.resolve("hunter2")),
];

/** Who; its address and headers; what it may read without tokens, and where there are some. */
const CALLERS: [string, string | undefined, Record<string, string>, Reach, Reach][] = [
  [
    "a program on this machine",
    "127.0.0.1",
    { Host: "127.0.0.1:4433" },
    "everything",
    "everything",
  ],
  ["the same by name", "::1", { Host: "localhost:4433" }, "everything", "everything"],
  ["the same by IPv6", "::1", { Host: "[::1]:4433" }, "everything", "everything"],
  ["another machine", "192.0.2.7", { Host: "127.0.0.1:4433" }, "sums", "public"],
  ["a page whose name points here", "127.0.0.1", { Host: "127.evil.example:1" }, "sums", "public"],
  ["a proxy for another", "127.0.0.1", { "X-Forwarded-For": "192.0.2.7" }, "sums", "public"],
  ["nobody knows who", undefined, {}, "sums", "public"],
  ["one with the token", "192.0.2.7", { Authorization: "Bearer hunter2" }, "sums", "everything"],
  [
    "a browser with the token",
    "192.0.2.7",
    { Authorization: `Basic ${btoa("me:hunter2")}` },
    "sums",
    "everything",
  ],
  ["one with another token", "192.0.2.7", { Authorization: "Bearer hunter3" }, "sums", "public"],
];
for (const [who, remote, headers, plain, guarded] of CALLERS) {
  Deno.test(`what ${who} may read`, () => {
    const caller = { remote, headers: new Headers(headers) };
    assert.equal(reachOf(caller, { details: "loopback", tokens: [] }), plain);
    assert.equal(reachOf(caller, { details: "open", tokens: [] }), "everything");
    assert.equal(reachOf(caller, { details: "loopback", tokens }), guarded);
  });
}
