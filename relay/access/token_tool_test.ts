import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { runTokenTool } from "./token_tool.ts";

const NOW = Date.UTC(2027, 0, 15);

/** The tool with files in memory; `>` writes what it prints. */
function tool() {
  const files: Record<string, string> = {};
  const clock = new ManualClock(NOW);
  const readText = (path: string) =>
    path in files ? Promise.resolve(files[path]!) : Promise.reject(new Error("no such file"));
  async function run(line: string): Promise<string> {
    const [command = "", file] = line.split(" > ");
    const result = await runTokenTool(command.split(" "), { readText, clock });
    if (!result.ok) return `refused: ${result.refusal}`;
    if (file !== undefined) files[file] = result.value;
    return result.value;
  }
  return { run, clock, files };
}

for (const alg of ["ES256", "ES384", "EdDSA", "HS256", "HS512"]) {
  Deno.test(`token: keygen, sign and verify work together with ${alg}`, async () => {
    const { run, clock, files } = tool();
    await run(`keygen --alg ${alg} --kid main > key`);
    if (!alg.startsWith("HS")) {
      await run("public --key key > public");
      assert.ok(!files.public!.includes('"d"'));
    } else files.public = files.key!;
    await run("sign --key key --root demo --publish room --id t1 --subject alice > token");
    assert.equal(
      await run("verify --key public --token token"),
      `token           t1
key             main
subject         alice
expires         2027-01-15T01:00:00.000Z
publish         /demo/room/**
announce        /demo/room/**
subscribe       nothing
fetch           nothing
track status    nothing
see namespaces  nothing
`,
    );
    await run("keygen > other");
    const foreign = await run("verify --key other --token token");
    assert.match(foreign, /^refused: token [0-9a-f]{12} is signed by no key of this relay$/);
    await clock.advance(3_600_000);
    assert.equal(await run("verify --key public --token token"), "refused: token t1 has expired");
  });
}

Deno.test("token: a key that is one subject's stays so in its public half", async () => {
  const { run } = tool();
  await run("keygen --subject lyon > key");
  await run("public --key key > public");
  await run("sign --key key --publish room --subject lyon > good");
  await run("sign --key key --publish room --subject paris > bad");
  assert.match(await run("verify --key public --token good"), /subject +lyon/);
  assert.match(await run("verify --key public --token bad"), /refused: .*another subject/);
});

for (
  const [line, reason] of [
    ["", /keygen, public, sign or verify/],
    ["forge", /keygen, public, sign or verify/],
    ["sign extra", /Unexpected argument extra/],
    ["keygen --alg none", /Unknown --alg none/],
    ["sign --publish a", /write --key FILE/],
    ["sign --key missing --publish a", /Cannot read missing/],
    ["sign --key key", /allows something/],
    ["sign --key public --publish a", /the key is public/],
    ["sign --key key --publish a --expires soon", /--expires soon/],
    ["public --key secret", /no public half/],
    ["verify --key broken --token broken", /neither a JWK nor a JWKS/],
    ["sign --what", /what/],
  ] as const
) {
  Deno.test(`token ${line} is refused with a sentence`, async () => {
    const { run, files } = tool();
    files.broken = "{";
    await run("keygen > key");
    await run("public --key key > public");
    await run("keygen --alg HS256 > secret");
    assert.match(await run(line), reason);
  });
}
