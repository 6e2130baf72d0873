import assert from "node:assert/strict";
import { runToEnd } from "../support/processes/program_process.ts";

const COSE = "relay/access/cat/cose.ts";

Deno.test("what verifies CAT asks for no permission but those of a relay, and loads no machine code", async () => {
  const audit = await Deno.makeTempFile();
  try {
    const flags = ["--no-prompt", "--frozen", "--no-check", "--allow-read", "--allow-env"];
    const { code, stderr } = await runToEnd([Deno.execPath(), "run", ...flags, COSE], {
      env: { DENO_AUDIT_PERMISSIONS: audit },
    });
    assert.equal(code, 0, stderr);
    const lines = (await Deno.readTextFile(audit)).trim().split("\n");
    const asked = new Set(lines.map((line) => JSON.parse(line).permission));
    assert.ok(asked.has("env"));
    assert.equal(asked.has("ffi"), false);
  } finally {
    await Deno.remove(audit);
  }
});
