import assert from "node:assert/strict";
import { Deadline } from "../support/deadline.ts";
import { readDocuments, stepsOf } from "../support/documents/document.ts";
import { Performance } from "../support/documents/performance.ts";
import { MeshPublisher } from "../support/mesh/publisher.ts";
import { MeshViewer } from "../support/mesh/viewer.ts";

Deno.test("the mesh of the guide carries a track from one relay to the other", async () => {
  using deadline = new Deadline();
  const guide = (await readDocuments()).find(({ path }) => path === "configs/machines.md")!;
  const block = guide.blocks.find(({ mark, lines }) =>
    mark === "serve" && lines.some((line) => line.includes("NEIGHBORS"))
  );
  const steps = stepsOf(block ?? assert.fail("the guide starts no mesh"));
  assert.equal(steps.length, 3, "three commands");
  await using performance = new Performance();
  await deadline.for("the controller and the relays", performance.serve(steps));
  const [tokyo, london] = await Promise.all(
    steps.slice(1).map(({ line }) => {
      const [, name = "", written = ""] = /RELAY_NAME=(\w+) RELAY_ADDR=127\.0\.0\.1:(\d+)/.exec(
        line,
      )!;
      return addressOf(name, performance.port(written));
    }),
  );
  await using publisher = new MeshPublisher("live/concert");
  await publisher.connect(tokyo!);
  await using viewer = await deadline.for("the announcement", MeshViewer.join(london!, publisher));
  await deadline.for("a group at the other relay", viewer.has(0));
});

async function addressOf(name: string, port: number) {
  const answer = await fetch(`http://127.0.0.1:${port}/certificate.sha256`);
  const certificateHash = Uint8Array.fromHex(await answer.text());
  return { name, hostname: "127.0.0.1", port, certificateHash };
}
