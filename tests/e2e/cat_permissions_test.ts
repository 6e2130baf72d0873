import assert from "node:assert/strict";

const COSE = new URL("../../relay/access/cat/cose.ts", import.meta.url).pathname;

Deno.test("what verifies CAT asks for no permission but those of a relay, and loads no machine code", async () => {
  const audit = await Deno.makeTempFile();
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--frozen", "--no-check", "--allow-read", "--allow-env", COSE],
      env: { DENO_AUDIT_PERMISSIONS: audit },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const lines = (await Deno.readTextFile(audit)).trim().split("\n");
    const asked = new Set(lines.map((line) => JSON.parse(line).permission));
    assert.ok(asked.has("env"));
    assert.equal(asked.has("ffi"), false);
  } finally {
    await Deno.remove(audit);
  }
});
