import assert from "node:assert/strict";
import { unzipSync } from "fflate";
import { packArchive } from "./archive.ts";

const TIME = new Date("2026-01-02T03:04:05Z");
const FILES = [
  { name: "a/program", bytes: new Uint8Array([1, 2, 3]), isExecutable: true },
  { name: "a/LICENSE", bytes: new Uint8Array(), isExecutable: false },
];

for (const kind of [".tar.gz", ".zip"] as const) {
  Deno.test(`packArchive() makes the same ${kind} of the same files`, async () => {
    const [one, other] = [
      await packArchive(FILES, kind, TIME),
      await packArchive(FILES, kind, TIME),
    ];
    assert.deepEqual(one, other);
    assert.notDeepEqual(one, await packArchive(FILES.slice(1), kind, TIME));
  });
}

Deno.test("packArchive() makes a .zip that holds what went in", async () => {
  const files = unzipSync(await packArchive(FILES, ".zip", TIME));
  assert.deepEqual(files, Object.fromEntries(FILES.map(({ name, bytes }) => [name, bytes])));
});
