/** `qumo-relay publish`, as people run it, with encoders and players of others at its ends. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { ffmpegMissing } from "../peers/encoder.ts";
import { ffprobeMissing, probe } from "../peers/ffprobe.ts";
import { moqCliMissing, watchFilm } from "../peers/moq_cli.ts";
import { moqRelayMissing, startMoqRelay } from "../peers/moq_relay.ts";
import { pipeToPublish } from "../peers/piped_film.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { startClientCommand } from "../support/processes/relay_client.ts";
import { startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { until } from "../support/until.ts";

const missing = ffmpegMissing ?? ffprobeMissing;

const FILM = [
  ...["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"],
  ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-g", "10"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"],
];
const AS_MP4 = ["-f", "mp4", "-movflags", "cmaf+delay_moov+frag_every_frame"];

/** Runs `publish` with the output of ffmpeg as its input, until it is disposed of. */
function publishFrom(film: readonly string[], words: readonly string[], env = {}) {
  const piped = pipeToPublish(film, words, { env, stderr: "piped" });
  const said = new Response(piped.publisher.stderr).text();
  return {
    status: piped.publisher.status,
    said,
    async [Symbol.asyncDispose]() {
      await piped[Symbol.asyncDispose]();
      await said;
    },
  };
}

/** What ffprobe finds in what is published, by the time that a file of it has so many bytes. */
async function watched(deadline: Deadline, words: readonly string[]): Promise<string[]> {
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  await using subscriber = startClientCommand(["subscribe", ...words, "--wait", "-o", file]);
  const grown = until("a film", async () => (await Deno.stat(file)).size > 40_000);
  await deadline.for("a film", grown);
  assert.equal(await deadline.for("the end", subscriber.end("SIGINT")), 0, subscriber.log());
  const { streams, errors } = await deadline.for("ffprobe", probe(file, 60));
  await Deno.remove(file);
  assert.equal(errors, "");
  for (const { nb_read_frames } of streams) assert.ok(Number(nb_read_frames) > 10);
  return streams.map(({ codec_name }) => codec_name);
}

for (const protocol of ["moqt-22", "moqt-18", "moqt-16", "moq-00", "moq-lite-06", "moq-lite-03"]) {
  optionalTest(`ffmpeg publishes by ${protocol}, and ffprobe plays it`, missing, async () => {
    using deadline = new Deadline();
    await using relay = await startRelayInProcess();
    const at = `https://127.0.0.1:${relay.port}`;
    const words = [at, "live/cam", "-", "--protocol", protocol];
    await using _publisher = publishFrom(["-re", ...FILM, ...AS_MP4], words);
    const found = await watched(deadline, [at.replace("https", "moqt"), "live/cam"]);
    assert.deepEqual(found, ["h264", "aac"]);
  });
}

optionalTest("a file is published as if it were live, again and again", missing, async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  const film = await Deno.makeTempFile({ suffix: ".mp4" });
  const make = { args: ["-loglevel", "error", "-y", ...FILM, "-t", "1", ...AS_MP4, film] };
  assert.ok((await new Deno.Command("ffmpeg", make).output()).success);
  const at = `moqt://127.0.0.1:${relay.port}`;
  await using publisher = startClientCommand(["publish", at, "live/cam", film, "--loop"]);
  assert.deepEqual(await watched(deadline, [at, "live/cam"]), ["h264", "aac"]);
  assert.equal(await deadline.for("the end", publisher.end("SIGINT")), 0, publisher.log());
  await using once = startClientCommand(["publish", at, "live/cam", film]);
  assert.equal(await deadline.for("its end", once.ended), 0, once.log());
  assert.match(once.log(), /\n\d+ s {2}\d\d+ frames .* 0 dropped\n$/);
  await Deno.remove(film);
});

for (const protocol of ["moqt-22", "moqt-16", "moq-lite-06"]) {
  optionalTest(
    `publish by ${protocol} says that a name is published already, and the first one does not`,
    missing,
    async () => {
      using deadline = new Deadline();
      await using relay = await startRelayInProcess();
      const at = `moqt://127.0.0.1:${relay.port}`;
      const film = await Deno.makeTempFile({ suffix: ".mp4" });
      const make = { args: ["-loglevel", "error", "-y", ...FILM, "-t", "1", ...AS_MP4, film] };
      assert.ok((await new Deno.Command("ffmpeg", make).output()).success);
      const words = ["publish", at, "live/cam", film, "--loop", "--protocol", protocol];
      await using first = startClientCommand(words);
      await deadline.for("the first", first.says(/is published$/m));
      await using second = startClientCommand(words);
      await deadline.for("the second", second.says(/is published$/m));
      assert.match(second.log(), /live\/cam is there already/);
      assert.doesNotMatch(first.log(), /already/);
      await Deno.remove(film);
    },
  );
}

optionalTest(
  "who asks publish for a track that it has not is refused at once",
  missing,
  async () => {
    using deadline = new Deadline();
    await using relay = await startRelayInProcess();
    const at = `moqt://127.0.0.1:${relay.port}`;
    await using _publisher = publishFrom(["-re", ...FILM, ...AS_MP4], [at, "live/cam", "-"]);
    assert.deepEqual(await watched(deadline, [at, "live/cam"]), ["h264", "aac"]);
    await using viewer = startClientCommand(["subscribe", at, "live/cam", "vidio"]);
    assert.equal(await deadline.for("its end", viewer.ended), 4, viewer.log());
    const refused = relay.lines.filter(({ text }) => text === "info: request refused");
    assert.ok(refused.length > 0);
    // Nobody waited, and the relay was not asked for it in turn.
    assert.deepEqual(refused.filter(({ fields }) => fields.refusal !== "does_not_exist"), []);
  },
);

const LIVE = ["-re", ...FILM, "-tune", "zerolatency"];

for (
  const [name, format, codecs] of [
    ["MPEG-TS", ["-f", "mpegts"], ["h264", "aac"]],
    ["H.265 in MPEG-TS", [
      ...["-c:v", "libx265", "-x265-params", "log-level=none"],
      ...["-f", "mpegts"],
    ], ["hevc", "aac"]],
    ["H.264 without a container", ["-an", "-f", "h264"], ["h264"]],
  ] as const
) {
  optionalTest(
    `ffmpeg publishes ${name}, and ffprobe plays it, also over HLS`,
    missing,
    async () => {
      using deadline = new Deadline();
      await using relay = await startRelayInProcess({ hls: { ...DEFAULTS.hls, enabled: true } });
      const at = `moqt://127.0.0.1:${relay.port}`;
      await using _publisher = publishFrom([...LIVE, ...format], [at, "live/cam", "-"]);
      assert.deepEqual(await watched(deadline, [at, "live/cam"]), codecs);
      const index = `http://127.0.0.1:${relay.port}/hls/live/cam/index.m3u8`;
      const { streams } = await deadline.for("ffprobe", probe(index, 3));
      assert.deepEqual(
        [...new Set(streams.map(({ codec_name }) => codec_name))].sort(),
        [...codecs].sort(),
      );
      const [video] = streams.filter(({ codec_name }) => codec_name !== "aac");
      assert.deepEqual([video!.width, video!.height], [160, 120]);
      assert.ok(Number(video!.nb_read_frames) >= 5, video!.nb_read_frames);
    },
  );
}

optionalTest("what cannot be published is refused with what to do", missing, async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  const words = [`moqt://127.0.0.1:${relay.port}`, "live/cam", "-"];
  await using publisher = publishFrom([...FILM, "-t", "1", "-f", "matroska"], words);
  const { code } = await deadline.for("its end", publisher.status);
  const said = await publisher.said;
  assert.equal(code, 1, said);
  assert.match(
    said,
    /- is Matroska or WebM; fragmented MP4, MPEG-TS and H\.264 .*\n {2}ffmpeg -i -/,
  );
});

optionalTest("who may not publish a name is told so", missing, async () => {
  using deadline = new Deadline();
  const key = await generate("HS256", "users");
  const auth = { ...DEFAULTS.auth, mode: "token", keys: ["users.jwk"] } as const;
  await using relay = await startRelayInProcess({ auth }, { "users.jwk": JSON.stringify(key) });
  const env = { QUMO_TOKEN: await sign(key, { root: "", put: "mine", get: "" }) };
  const words = [`moqt://127.0.0.1:${relay.port}`, "other/cam", "-"];
  await using publisher = publishFrom(["-re", ...FILM, ...AS_MP4], words, env);
  const { code } = await deadline.for("its end", publisher.status);
  assert.equal(code, 1, await publisher.said);
  assert.match(await publisher.said, /does not let other\/cam be published: /);
});

optionalTest("moq plays what publish sends", missing ?? moqCliMissing, async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  const words = [`https://127.0.0.1:${relay.port}`, "live.hang", "-"];
  await using _publisher = publishFrom(["-re", ...FILM, ...AS_MP4], words);
  await using viewer = watchFilm(relay, "live.hang");
  const film = await deadline.for("the film", viewer.read(4_000));
  assert.deepEqual([...film.subarray(0, 4)], [0, 0, 0, 1]);
});

optionalTest("a film goes through moq-dev's relay", missing ?? moqRelayMissing, async () => {
  using deadline = new Deadline();
  await using relay = await startMoqRelay({ speaks: ["moq-lite-06", "moq-transport-18"] });
  const hash = ["--certificate-hash", relay.certificateHash!.toHex()];
  for (const protocol of ["moq-lite-06", "moqt-18"]) {
    const at = `https://127.0.0.1:${relay.port}/`;
    const name = `live/${protocol}`;
    await using _publisher = publishFrom(
      ["-re", ...FILM, ...AS_MP4],
      [at, name, "-", "--protocol", protocol, ...hash],
    );
    assert.deepEqual(await watched(deadline, [at, name, ...hash]), ["h264", "aac"]);
  }
});

Deno.test("publish of a file that is not there ends with 2, and calls nobody", async () => {
  using deadline = new Deadline();
  // Where nothing answers a call would take long, and end with 3.
  const words = ["publish", "moqt://127.0.0.1:9", "live/cam", "/nowhere/film.mp4"];
  await using publisher = startClientCommand(words);
  assert.equal(await deadline.for("its end", publisher.ended), 2, publisher.log());
  assert.match(publisher.log(), /^Cannot read \/nowhere\/film\.mp4: /);
});
