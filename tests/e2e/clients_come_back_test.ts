/** `qumo-relay publish` and `subscribe` whose relay ends and is started again on its port. */
import assert from "node:assert/strict";
import { ffmpegMissing } from "../peers/encoder.ts";
import { decodingTimes, ffprobeMissing } from "../peers/ffprobe.ts";
import { Deadline } from "../support/deadline.ts";
import { freePort } from "../support/mesh/ports.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import type { ProgramProcess } from "../support/processes/program_process.ts";
import { startClientCommand } from "../support/processes/relay_client.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { until } from "../support/until.ts";

const missing = ffmpegMissing ?? ffprobeMissing;

// The picture is one group: what is left of it when the relay is lost comes from the next one.
const FILM = [
  ...["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"],
  ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "120"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
  ...["-g", "3000", "-sc_threshold", "0", "-c:a", "aac"],
  // A fragment for each frame has no lengths of frames.
  ...["-f", "mp4", "-movflags", "cmaf+delay_moov", "-frag_duration", "1000000"],
];

/** What is written of a few seconds. */
const FEW_SECONDS = 40_000;

/** What a viewer says when it calls beside a session by which nothing comes, or when that is over. */
const LOST = /Nothing came from|calling again/g;
const BACK = /answers again|it goes on with a new session/g;

/** Longer than what it takes a relay of these tests to tell its sessions that it goes. */
const DRAIN_MS = 1_000;

/** A folder that is there until the end, and a film of some seconds in it. */
async function makeFilm(ends: AsyncDisposableStack) {
  const folder = await Deno.makeTempDir();
  ends.defer(() => Deno.remove(folder, { recursive: true }));
  const film = `${folder}/film.mp4`;
  const made = await new Deno.Command("ffmpeg", { args: ["-loglevel", "error", ...FILM, film] })
    .output();
  assert.ok(made.success, new TextDecoder().decode(made.stderr));
  return { folder, film };
}

const startAt = (port: number) =>
  startRelay({
    server: { address: `127.0.0.1:${port}` },
    drain_timeout_ms: DRAIN_MS,
  });

const count = (client: ProgramProcess, pattern: RegExp) => client.log().match(pattern)?.length ?? 0;

/** How many packets each stream of a file has. */
async function countsOf(file: string): Promise<number[]> {
  const times = await decodingTimes(file);
  return [...times.keys()].sort().map((stream) => times.get(stream)!.length);
}

optionalTest(
  "publish and subscribe come back to a relay that was killed, and to one that was ended",
  missing,
  async () => {
    using deadline = new Deadline();
    await using ends = new AsyncDisposableStack();
    const { folder, film } = await makeFilm(ends);
    const port = freePort();
    const at = `moqt://127.0.0.1:${port}`;
    let relay = await deadline.for("the relay", startAt(port));
    ends.defer(async () => void await relay.end("SIGKILL"));
    const publisher = startClientCommand(["publish", at, "live/cam", film, "--loop"]);
    ends.use(publisher);
    const file = `${folder}/seen.mp4`;
    const subscriber = startClientCommand(["subscribe", at, "live/cam", "--wait", "-o", file]);
    ends.use(subscriber);
    const sizeOf = async () => (await Deno.stat(file).catch(() => undefined))?.size ?? 0;
    try {
      await until("a film", async () => await sizeOf() > FEW_SECONDS);
      for (const signal of ["SIGKILL", "SIGTERM"] as const) {
        const before = [publisher, subscriber].map((client) => ({
          client,
          lost: count(client, LOST),
          back: count(client, BACK),
        }));
        await deadline.for("the relay's end", relay.end(signal));
        relay = await deadline.for("the next relay", startAt(port));
        const [size, seen] = [await sizeOf(), await countsOf(file)];
        for (const { client, lost, back } of before) {
          await until(`it is lost by ${signal}`, () => count(client, LOST) > lost);
          await until(`it is back after ${signal}`, () => count(client, BACK) > back);
        }
        await until(`a film after ${signal}`, async () => await sizeOf() > size + FEW_SECONDS);
        await until(`picture and sound after ${signal}`, async () => {
          const now = await countsOf(file);
          return now.length === 2 && now.every((packets, stream) => packets > seen[stream]!);
        });
      }
      assert.equal(await deadline.for("the viewer's end", subscriber.end("SIGINT")), 0);
      assert.equal(await deadline.for("the publisher's end", publisher.end("SIGINT")), 0);
      const times = await deadline.for("ffprobe", decodingTimes(file));
      assert.equal(times.size, 2);
      for (const [stream, list] of times) {
        const back = list.findIndex((time, index) => index > 0 && time <= list[index - 1]!);
        assert.equal(back, -1, `stream ${stream} goes back: ${list.slice(back - 2, back + 3)}`);
      }
    } catch (error) {
      const logs = [publisher, subscriber].map((client) => client.log());
      throw new Error(`${error}\n${logs.join("\n---\n")}\n---\n${relay.log()}`, { cause: error });
    }
  },
);

optionalTest(
  "publish and subscribe that are not to come back end with 3 when the relay ends",
  missing,
  async () => {
    using deadline = new Deadline();
    await using ends = new AsyncDisposableStack();
    const { folder, film } = await makeFilm(ends);
    await using relay = await deadline.for("the relay", startRelay());
    const at = `moqt://127.0.0.1:${relay.port}`;
    const never = ["--retry", "never"];
    const publisher = startClientCommand(["publish", at, "live/cam", film, "--loop", ...never]);
    ends.use(publisher);
    const file = `${folder}/seen.mp4`;
    const words = ["subscribe", at, "live/cam", "--wait", "-o", file, ...never];
    const subscriber = startClientCommand(words);
    ends.use(subscriber);
    await until("a film", async () => {
      return ((await Deno.stat(file).catch(() => undefined))?.size ?? 0) > 10_000;
    });
    await deadline.for("the relay's end", relay.end("SIGTERM"));
    for (const client of [publisher, subscriber]) {
      assert.equal(await deadline.for("its end", client.ended), 3, client.log());
      assert.match(client.log(), /closed the session|was lost/);
    }
  },
);
