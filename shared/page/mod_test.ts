import assert from "node:assert/strict";
import { baseStyle, pageHeaders } from "./mod.ts";

Deno.test("pageHeaders() lets a page run what is a file of it, and nothing else", () => {
  const policy = pageHeaders("<p>")["content-security-policy"];
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});

Deno.test("pageHeaders() lets a page with media make blobs and one worker, and go to no other host", () => {
  const policy = pageHeaders("<p>", { hasMedia: true })["content-security-policy"];
  assert.match(policy, /^default-src 'none'; .*script-src 'self' blob:; worker-src 'self'/);
  assert.match(policy, /require-trusted-types-for 'script'; .*trusted-types ticker$/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});

Deno.test("pageHeaders() tags each text differently, and the same text the same", () => {
  assert.equal(pageHeaders("a").etag, pageHeaders("a").etag);
  assert.notEqual(pageHeaders("a").etag, pageHeaders("b").etag);
});

Deno.test("the palette has every colour in light and in dark", () => {
  const [light, dark] = baseStyle.split("@media (prefers-color-scheme: dark)");
  const names = (text: string) =>
    new Set([...text.matchAll(/(--[\w-]+): (?:#|rgb)/g)].map(([, name]) => name));
  assert.deepEqual([...names(light!)].filter((name) => !names(dark!).has(name)), []);
});
