import assert from "node:assert/strict";
import { dashboardFiles } from "./mod.ts";

Deno.test("dashboardFiles has each file that a file of it names, and each is named", () => {
  const paths = new Set(dashboardFiles.map(({ path }) => path));
  const named = new Set(["/"]);
  for (const { path, text } of dashboardFiles) {
    const base = `http://controller${path}`;
    const names = path === "/"
      ? text.matchAll(/(?:src|href)="(dashboard\/[^"]+)"/g)
      : text.matchAll(/^import .* from "([^"]+)";$/gm);
    for (const [, name] of names) {
      const target = new URL(name!, base).pathname;
      assert.ok(paths.has(target), `${path} names ${target}`);
      named.add(target);
    }
  }
  assert.deepEqual([...paths].filter((path) => !named.has(path)), []);
});

Deno.test("the page names no other host, writes no markup and keeps nothing", () => {
  for (const { path, text } of dashboardFiles) {
    const code = text.replaceAll("http://www.w3.org/2000/svg", "")
      .replaceAll("https://tokyo.example:4433", "");
    assert.doesNotMatch(code, /https?:\/\/|url\(|@import/, path);
    assert.doesNotMatch(
      code,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      path,
    );
    assert.doesNotMatch(code, /localStorage|sessionStorage|indexedDB|document\.cookie/, path);
    assert.doesNotMatch(code, / style="|<script>|<style>| on\w+="/, path);
  }
});
