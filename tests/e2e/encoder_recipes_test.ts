/** The commands for encoders in relay/docs/clients.md do what it says. */
import assert from "node:assert/strict";
import { ffmpegMissing } from "../peers/encoder.ts";
import { markOf, readDocuments } from "../support/documents/document.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import { until } from "../support/until.ts";

const SELF = "tests/e2e/encoder_recipes_test.ts";
const RTMP = "127.0.0.1:1935";
const HTTP = "127.0.0.1:4433";
const ENOUGH_FRAMES = 60;

const blocks = (await readDocuments()).flatMap(({ blocks }) => blocks)
  .filter((block) => block.mark?.startsWith("tested") && markOf(block).by === SELF);

for (const [index, { lines }] of blocks.entries()) {
  relayTest(
    `recipe ${index + 1} for an encoder publishes its film`,
    async ({ relay, deadline }) => {
      const rtmp = /"listening for RTMP".*?"address":"([^"]+)"/.exec(relay.log())?.[1];
      assert.ok(rtmp);
      const command = lines.join("\n").replace(RTMP, rtmp)
        .replace(HTTP, `127.0.0.1:${relay.port}`);
      assert.notEqual(command, lines.join("\n"), "it publishes to the relay");
      // Without a shell between them the signal would reach the shell alone.
      const encoder = new Deno.Command("sh", {
        args: ["-c", `exec ${command}`],
        stdin: "null",
        stdout: "null",
        stderr: "inherit",
      }).spawn();
      try {
        const frames = async () => framesIn(await relay.metrics()) >= ENOUGH_FRAMES;
        await deadline.for("the frames", until("the frames", frames));
        const status = JSON.stringify(JSON.parse(await relay.get("/status/tracks")));
        for (const name of ["video", "audio"]) assert.match(status, new RegExp(`"${name}"`));
      } finally {
        encoder.kill("SIGKILL");
        await encoder.status;
      }
    },
    {
      config: { ingest: { rtmp: { address: "127.0.0.1:0" }, http: true } },
      missing: ffmpegMissing,
    },
  );
}

Deno.test("there are recipes for RTMP and for HTTP", () => {
  const commands = blocks.map(({ lines }) => lines.join("\n"));
  assert.ok(commands.some((command) => command.includes(`rtmp://${RTMP}/`)));
  assert.ok(commands.some((command) => command.includes(`http://${HTTP}/ingest/`)));
});

function framesIn(metrics: string): number {
  return Number(/^qumo_relay_encoder_frames_total\S* (\d+)/m.exec(metrics)?.[1] ?? 0);
}
