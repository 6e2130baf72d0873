import assert from "node:assert/strict";
import { references } from "../../.docs/generator/references.ts";
import { Deadline } from "../support/deadline.ts";

const FOLDER = new URL("../../.docs/reference/", import.meta.url);

Deno.test("the references say what the code says", async () => {
  using deadline = new Deadline(60_000);
  const made = await deadline.for("the references", references());
  for (const [name, text] of made) {
    const written = await Deno.readTextFile(new URL(name, FOLDER)).catch(() => "");
    assert.equal(written, text, `.docs/reference/${name} is out of date: run \`deno task docs\``);
  }
  const names = (await Array.fromAsync(Deno.readDir(FOLDER), ({ name }) => name)).sort();
  assert.deepEqual(names, [...made.keys()].sort(), "a reference that nothing makes any more");
});
