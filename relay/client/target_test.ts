import assert from "node:assert/strict";
import { protocols } from "../session/negotiate.ts";
import { targetOf } from "./target.ts";

const WORDS = {
  url: "https://relay.example/live",
  token: undefined,
  protocols: [],
  timeout: undefined,
  certificateHashes: [],
  authorities: [],
};

Deno.test("targetOf() reads the three kinds of URL", () => {
  const read = (url: string, token?: string) => {
    const target = targetOf({ ...WORDS, url, token });
    assert.ok(target.ok);
    const { authority, path, asksForHash } = target.value;
    return [target.value.url, authority, path, asksForHash];
  };
  assert.deepEqual(read("https://relay.example/live"), [
    "https://relay.example:443/live",
    "relay.example:443",
    "/live",
    false,
  ]);
  assert.deepEqual(read("moqt://[::1]:4433"), ["moqt://[::1]:4433", "[::1]:4433", "/", false]);
  assert.deepEqual(read("http://127.0.0.1:4433/a?b=c", "t.o.k"), [
    "https://127.0.0.1:4433/a?b=c&jwt=t.o.k",
    "127.0.0.1:4433",
    "/a?b=c",
    true,
  ]);
});

Deno.test("targetOf() takes protocols by name and by number, and all when none is said", () => {
  const read = (words: string[]) => {
    const target = targetOf({ ...WORDS, protocols: words });
    return target.ok ? target.value.protocols : target.refusal;
  };
  assert.deepEqual(read([]), protocols);
  assert.deepEqual(read(["18", "moq-lite-06"]), ["moqt-18", "moq-lite-06"]);
  assert.match(String(read(["moqt-19x"])), /No protocol is called moqt-19x/);
});

Deno.test("targetOf() refuses what is no URL of a relay, and no hash", () => {
  for (const url of ["relay.example:4433", "ftp://relay.example", "https://", ""]) {
    assert.ok(!targetOf({ ...WORDS, url }).ok, url);
  }
  assert.ok(!targetOf({ ...WORDS, certificateHashes: ["12:34"] }).ok);
});

Deno.test("targetOf() takes a time-out in seconds, 5 when none is said, and refuses what is none", () => {
  const read = (timeout: string | undefined) => {
    const target = targetOf({ ...WORDS, timeout });
    return target.ok ? target.value.connectMs : target.refusal;
  };
  assert.deepEqual([read(undefined), read("0.5"), read("600")], [5_000, 500, 600_000]);
  for (const wrong of ["0", "-1", "601", "soon", ""]) {
    assert.equal(read(wrong), `--timeout is a number of seconds up to 600, and not ${wrong}`);
  }
});
