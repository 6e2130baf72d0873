import assert from "node:assert/strict";
import { callableUrl, parseRelayUrl } from "./mod.ts";

Deno.test("R-003: parseRelayUrl() reads moqt and https alike, and 443 where no port is written", () => {
  for (
    const [text, hostname, port] of [
      ["moqt://tokyo.example:4433", "tokyo.example", 4433],
      ["https://tokyo:4433/", "tokyo", 4433],
      ["https://tokyo", "tokyo", 443],
      ["moqt://tokyo", "tokyo", 443],
      ["MOQT://127.0.0.1:1", "127.0.0.1", 1],
      ["moqt://[::1]:65535", "::1", 65_535],
    ] as const
  ) assert.deepEqual(parseRelayUrl(text), { hostname, port }, text);
});

Deno.test("R-003: parseRelayUrl() refuses what is no place to call", () => {
  for (
    const text of [
      "",
      "tokyo:4433",
      "moqt://",
      "moqt://:4433",
      "moqt://tokyo:0",
      "moqt://tokyo:65536",
      "moqt://tokyo:4433/room",
      "moqt://a@tokyo:4433",
      "moqt://tokyo:4433?a",
      "moqt://[::g]:1",
      "moqt://1.2.3.999:1",
      "http://tokyo:4433",
      " moqt://tokyo:4433",
    ]
  ) assert.equal(parseRelayUrl(text), undefined, text);
});

Deno.test("callableUrl() knows where a relay that listens can be called", () => {
  assert.equal(callableUrl("127.0.0.1:4433"), "moqt://127.0.0.1:4433");
  assert.equal(callableUrl("[::1]:1"), "moqt://[::1]:1");
  assert.equal(callableUrl("10.0.0.7:1"), "moqt://10.0.0.7:1");
  for (const local of ["0.0.0.0:1", ":1", "[::]:1"]) assert.equal(callableUrl(local), "", local);
});
