import assert from "node:assert/strict";
import { bitrate, bytes, duration } from "./files/format.js";
import { pageFiles } from "./mod.ts";

Deno.test("pageFiles has each file that a file of it names, and each is named", () => {
  const paths = new Set(pageFiles.map(({ path }) => path));
  const named = new Set(["/"]);
  for (const { path, text } of pageFiles) {
    const names = path === "/"
      ? text.matchAll(/(?:src|href)="(page\/[^"]+)"/g)
      : text.matchAll(/^import .* from "([^"]+)";$/gm);
    for (const [, name] of names) {
      const target = new URL(name!, `http://relay${path}`).pathname;
      assert.ok(paths.has(target), `${path} names ${target}`);
      named.add(target);
    }
  }
  assert.deepEqual([...paths].filter((path) => !named.has(path)), []);
});

Deno.test("the relay's page names no other host, writes no markup and keeps nothing", () => {
  for (const { path, text } of pageFiles) {
    // The icon names the namespace of its elements.
    if (path.endsWith(".svg")) continue;
    assert.doesNotMatch(text, /https?:\/\/|url\(|@import/, path);
    assert.doesNotMatch(
      text,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      path,
    );
    assert.doesNotMatch(text, /localStorage|sessionStorage|indexedDB|document\.cookie/, path);
    assert.doesNotMatch(text, / style="|<script>|<style>/, path);
  }
});

Deno.test("the relay's page writes numbers in the unit that fits", () => {
  assert.deepEqual([0, 119, 120, 7199, 7200, 172_800].map(duration), [
    "0 s",
    "119 s",
    "2 min",
    "119 min",
    "2 h",
    "2 d",
  ]);
  assert.deepEqual([0, 999, 15_100_000, 250e9].map(bitrate), [
    "0 bit/s",
    "999 bit/s",
    "15.1 Mbit/s",
    "250 Gbit/s",
  ]);
  assert.deepEqual([0, 1536, 2 ** 30].map(bytes), ["0 B", "1.5 KiB", "1 GiB"]);
});
