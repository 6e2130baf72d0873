import assert from "node:assert/strict";
import { bitrate, bytes, duration } from "./files/format.js";
import { Rates } from "./files/plot.js";
import { pageFiles, pageLibraries } from "./mod.ts";

/** What the page shows links to, beside its own files. */
const OPERATORS = new Set(
  ["status", "tracks", "namespaces", "sessions", "encoders"].flatMap((name) => [
    `/${name}`,
    `/status/${name}`,
  ]),
).add("/metrics");

Deno.test("pageFiles has each file that a file of it names, and each is named", () => {
  const paths = new Set([...pageFiles, ...pageLibraries].map(({ path }) => path));
  const named = new Set<string>();
  for (const { path, type, text } of pageFiles) {
    const names = type.startsWith("text/html")
      ? text.matchAll(/(?:src|href)="([^"#]+)"/g)
      : text.matchAll(/(?:from |^import |import\(|new URL\()"([^"]+\.js)"/gm);
    for (const [, name] of names) {
      const target = new URL(name!, `http://relay${path}`).pathname;
      if (OPERATORS.has(target)) continue;
      assert.ok(paths.has(target), `${path} names ${target}`);
      named.add(target);
    }
  }
  assert.deepEqual([...paths].filter((path) => !named.has(path)), []);
});

Deno.test("the libraries of the relay's page load nothing of another host", async () => {
  for (const { path, load } of pageLibraries.filter(({ type }) => /javascript/.test(type))) {
    const text = await load();
    assert.doesNotMatch(text, /https?:\/\/[\w-]|innerHTML|document\.write|localStorage/, path);
    assert.match(text, /^[\t\n\x20-\x7e]*$/, `${path} takes two bytes for each of its characters`);
  }
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

Deno.test("the plots of the relay's page show how much more came each second", () => {
  const rates = new Rates();
  assert.equal(rates.last, undefined);
  for (const [at, count] of [[1000, 0], [3000, 500], [3000, 700], [5000, 2500]] as const) {
    rates.add(at, count);
  }
  assert.deepEqual(rates.all.map(({ rate }) => rate), [250, 1000]);
  // The relay was started anew.
  rates.add(7000, 10);
  assert.equal(rates.last, undefined);
  for (let second = 8; second < 1000; second++) rates.add(second * 1000, second);
  assert.equal(rates.all.length, 150);
});
