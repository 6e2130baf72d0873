import assert from "node:assert/strict";
import { references } from "../../.build/references/references.ts";
import { Deadline } from "../support/deadline.ts";
import { listReferences } from "../support/documents/document.ts";
import { ROOT } from "../support/root.ts";

Deno.test("the references say what the code says", async () => {
  using deadline = new Deadline();
  const made = await deadline.for("the references", references());
  for (const [path, text] of made) {
    const written = await Deno.readTextFile(new URL(path, ROOT)).catch(() => "");
    assert.equal(written, text, `${path} is out of date: run \`deno task docs\``);
  }
  const found = await listReferences();
  // Those that are documents: a schema of another format cannot say where it comes from.
  const documents = [...made.keys()].filter((path) => path.endsWith(".md"));
  assert.deepEqual(found, documents.sort(), "a reference that nothing makes any more");
});
