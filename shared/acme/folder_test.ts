import assert from "node:assert/strict";
import { SecretFolder } from "./folder.ts";

Deno.test("SecretFolder keeps files that nobody else may read, each whole", async () => {
  const parent = await Deno.makeTempDir({ prefix: "qumo_" });
  const path = `${parent}/deep/acme`;
  const folder = new SecretFolder(path);
  assert.equal(await folder.read("a"), undefined);
  await folder.write("a", "one");
  await Deno.writeTextFile(`${path}/a.new`, "half of", { mode: 0o644 });
  await folder.write("a", "two");
  assert.equal(await folder.read("a"), "two");
  assert.deepEqual((await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name), ["a"]);
  if (Deno.build.os !== "windows") {
    assert.equal((await Deno.stat(`${path}/a`)).mode! & 0o777, 0o600);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o700);
  }
  await Deno.remove(parent, { recursive: true });
});
