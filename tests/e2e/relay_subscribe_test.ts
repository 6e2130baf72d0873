/** `qumo-relay subscribe`, as people run it, with encoders and players of others at its ends. */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { ffmpegMissing, MP4_BY_PUT, startEncoder } from "../peers/encoder.ts";
import { ffprobeMissing, probe } from "../peers/ffprobe.ts";
import { moqCliMissing, publishFilm } from "../peers/moq_cli.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import { payloadOf, writeObjects } from "../support/peers/traffic.ts";
import { runClientCommand, startClientCommand } from "../support/processes/relay_client.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { until } from "../support/until.ts";

const INGEST = { ingest: { ...DEFAULTS.ingest, http: true } };

const missing = ffmpegMissing ?? ffprobeMissing;

/** A file that grows until it has so many bytes. */
async function fileOf(name: string, bytes: number): Promise<void> {
  await until(`${bytes} bytes of ${name}`, async () => {
    const stat = await Deno.stat(name).catch(() => undefined);
    return (stat?.size ?? 0) >= bytes;
  });
}

/** How many tracks the encoder has by now. */
async function codecsAt(relay: RelayInProcess): Promise<number> {
  const response = await fetch(`${urlOf(relay, "http")}/status/encoders`);
  const { items: [encoder] } = await response.json();
  return encoder?.codecs.length ?? 0;
}

const urlOf = ({ port }: RelayInProcess, scheme: string) => `${scheme}://127.0.0.1:${port}`;

for (
  const [protocol, scheme] of [
    ["moqt-22", "https"],
    ["moqt-16", "moqt"],
    ["moq-00", "moqt"],
    ["moq-lite-06", "https"],
  ] as const
) {
  optionalTest(`ffprobe plays what subscribe writes by ${protocol}`, missing, async () => {
    using deadline = new Deadline();
    await using relay = await startRelayInProcess(INGEST);
    const url = `${urlOf(relay, "http")}/ingest/live/cam`;
    await using encoder = await startEncoder({ url, format: MP4_BY_PUT });
    // Whoever is there before has what the first catalog names.
    await until("both tracks", async () => await codecsAt(relay) === 2);
    const file = await Deno.makeTempFile({ suffix: ".mp4" });
    await using subscriber = startClientCommand([
      ...["subscribe", urlOf(relay, scheme), "live/cam", "--wait"],
      ...["-o", file, "--protocol", protocol],
    ]);
    await deadline.for("a film", fileOf(file, 40_000));
    assert.equal(await deadline.for("the end", subscriber.end("SIGINT")), 0, subscriber.log());
    await encoder.stop();
    const { streams, errors } = await deadline.for("ffprobe", probe(file, 60));
    await Deno.remove(file);
    assert.deepEqual(streams.map(({ codec_name }) => codec_name), ["h264", "aac"]);
    for (const { nb_read_frames } of streams) assert.ok(Number(nb_read_frames) > 10);
    assert.equal(errors, "");
    assert.match(subscriber.log(), new RegExp(`^${protocol} over `));
    assert.match(subscriber.log(), /\n\d+ s {2}\d+ groups {2}\d+ objects .* {2}\d+ incomplete\n$/);
  });
}

/** A track without a catalog, and who writes it to a file. */
async function numbers(deadline: Deadline, ends: AsyncDisposableStack) {
  const relay = ends.use(await startRelayInProcess());
  const publisher = await deadline.for("a publisher", moqNetBy("moq-lite-05")(relay));
  ends.defer(() => publisher.close());
  const publication = await deadline.for("the name", publisher.publish("live/data", ["numbers"]));
  const file = await Deno.makeTempFile();
  ends.defer(() => Deno.remove(file));
  const subscriber = ends.use(startClientCommand([
    ...["subscribe", urlOf(relay, "moqt"), "live/data", "numbers", "--raw", "-o", file],
  ]));
  await deadline.for("the subscriber", publication.subscribed("numbers"));
  return { relay, publication, subscriber, file };
}

Deno.test("a track that no catalog describes is written as it comes", async () => {
  using deadline = new Deadline();
  await using ends = new AsyncDisposableStack();
  const { publication, subscriber, file } = await numbers(deadline, ends);
  const group = await deadline.for("a group", publication.startGroup("numbers"));
  await writeObjects(group, 0, 20);
  await group.end();
  await deadline.for("the payloads", fileOf(file, 20 * 100));
  assert.equal(await deadline.for("the end", subscriber.end("SIGINT")), 0);
  const expected = Array.from({ length: 20 }, (_, object) => [...payloadOf(group.id, object, 100)]);
  assert.deepEqual([...await Deno.readFile(file)], expected.flat());
});

Deno.test("a publisher that pauses costs a viewer one more session, and nothing that is published", async () => {
  using deadline = new Deadline();
  await using ends = new AsyncDisposableStack();
  const { relay, publication, subscriber, file } = await numbers(deadline, ends);
  const groups: number[] = [];
  const add = async () => {
    const group = await publication.startGroup("numbers");
    await writeObjects(group, 0, 2);
    await group.end();
    groups.push(group.id);
    await fileOf(file, groups.length * 2 * 100);
  };
  // A slow machine may see one session more, of a way that the viewer tried meanwhile.
  const renewals = () => subscriber.log().split("goes on with a new session").length - 1;
  // Until the viewer takes the track for a steady one, and its silence for an outage.
  let before = renewals();
  while (renewals() === before) {
    for (const began = systemClock.now(); systemClock.now() - began < 3_000;) {
      await deadline.for("a group", add());
      await sleep(systemClock, 50);
    }
    before = renewals();
    for (let looks = 0; looks < 60 && renewals() === before; looks++) await sleep(systemClock, 50);
  }
  for (let count = 0; count < 10; count++) await deadline.for("a group", add());
  const countOf = (text: string) => relay.lines.filter((line) => line.text === text).length;
  await until("the sessions of the publisher and the viewer, and no other", () => {
    return countOf("info: session started") - countOf("info: session ended") === 2;
  });
  assert.equal(await deadline.for("the end", subscriber.end("SIGINT")), 0);
  const expected = groups.flatMap((group) => [0, 1].map((object) => payloadOf(group, object, 100)));
  assert.deepEqual([...await Deno.readFile(file)], expected.flatMap((payload) => [...payload]));
  assert.equal(renewals(), before + 1);
});

Deno.test("subscribe ends with 4 when nobody publishes the name", async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  for (const words of [["live/cam"], ["live/cam", "video"], ["live/cam", "video", "--raw"]]) {
    const { code, stdout, stderr } = await deadline.for(
      "subscribe",
      runClientCommand(["subscribe", urlOf(relay, "moqt"), ...words]),
    );
    assert.deepEqual([code, stdout], [4, ""], stderr);
    assert.match(stderr, /nobody publishes/i);
  }
});

optionalTest(
  "subscribe ends with its publisher, and with who reads it",
  missing,
  async () => {
    using deadline = new Deadline();
    await using relay = await startRelayInProcess(INGEST);
    const url = `${urlOf(relay, "http")}/ingest/live/cam`;
    await using encoder = await startEncoder({ url, format: MP4_BY_PUT });
    const words = ["subscribe", urlOf(relay, "moqt"), "live/cam"];
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--allow-all", "relay/main.ts", ...words],
        ...["--wait", "--timeout", "60"],
      ],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    assert.ok(!(await deadline.for("a film", reader.read())).done);
    await reader.cancel();
    assert.equal((await deadline.for("the end with the reader", child.status)).code, 0);
    const file = await Deno.makeTempFile({ suffix: ".mp4" });
    await using other = startClientCommand([...words, "-o", file]);
    await deadline.for("a film", fileOf(file, 10_000));
    await encoder.stop();
    assert.equal(await deadline.for("the end with the publisher", other.ended), 0, other.log());
    await Deno.remove(file);
  },
);

Deno.test("subscribe ends with 4 when a catalog is all that is left", async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  const publisher = await deadline.for("a publisher", moqNetBy("moq-lite-05")(relay));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => publisher.close());
  const tracks = ["catalog.json", "hd"];
  const publication = await deadline.for("the name", publisher.publish("live/cam", tracks));
  const words = ["subscribe", urlOf(relay, "moqt"), "live/cam"];
  const ended = runClientCommand(words);
  await deadline.for("the subscriber", publication.subscribed("catalog.json"));
  const group = await deadline.for("a group", publication.startGroup("catalog.json"));
  const catalog = { video: { renditions: { hd: { codec: "avc1.64001f" } } } };
  await group.write(new TextEncoder().encode(JSON.stringify(catalog)));
  const { code, stderr } = await deadline.for("its end", ended);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /live\/cam has a catalog, and nothing comes of its tracks/);
});

optionalTest("subscribe plays what moq publishes", moqCliMissing ?? missing, async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess();
  await using _film = publishFilm(relay, "live.hang");
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  await using subscriber = startClientCommand([
    ...["subscribe", urlOf(relay, "https"), "live.hang", "--wait", "-o", file],
  ]);
  await deadline.for("a film", fileOf(file, 40_000));
  assert.equal(await deadline.for("the end", subscriber.end("SIGINT")), 0, subscriber.log());
  const { streams } = await deadline.for("ffprobe", probe(file, 60));
  await Deno.remove(file);
  assert.deepEqual(streams.map(({ codec_name }) => codec_name), ["h264"]);
});
