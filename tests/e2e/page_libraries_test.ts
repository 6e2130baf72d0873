import assert from "node:assert/strict";
import { pageLibraries } from "../../.build/page/libraries.ts";
import { Deadline } from "../support/deadline.ts";
import { ROOT } from "../support/root.ts";

Deno.test("the libraries of the relay's page are those of the versions that are locked", async () => {
  using deadline = new Deadline();
  for (const [path, text] of await deadline.for("the bundles", pageLibraries())) {
    const written = await Deno.readTextFile(new URL(path, ROOT));
    assert.ok(written === text, `${path} is out of date: run \`deno task page\``);
    // A codec that another host would serve, under another license.
    assert.doesNotMatch(text, /jsdelivr|LGPL/, path);
  }
});
