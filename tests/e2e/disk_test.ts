/** A window on disk: of a relay that is killed, and on a disk that is full. */
import assert from "node:assert/strict";
import { ffmpegMissing, startEncoder } from "../peers/encoder.ts";
import { ffprobeMissing, probe } from "../peers/ffprobe.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { Publication, Watch } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { runToEnd } from "../support/processes/program_process.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { until } from "../support/until.ts";

const PATH = "live/disk";
const TRACK = "video";
const OBJECTS = 5;

// A connection's operations in Deno end some time after the connection.
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

/** A relay that keeps two groups in memory, and what it lets go in a folder. */
function startWith(folder: string): Promise<RelayProcess> {
  const disk = { folder, max_bytes: 16_777_216, max_track_bytes: 16_777_216 };
  return startRelay({ cache: { max_groups_per_track: 2, disk } });
}

/** A publisher and a viewer of its track, both of `@moq/net`. */
async function watch(relay: RelayProcess, deadline: Deadline) {
  const publisher = await deadline.for("the publisher", connectMoqNet(relay));
  const publication = await deadline.for("the namespace", publisher.publish(PATH, [TRACK]));
  const viewer = await deadline.for("the viewer", connectMoqNet(relay));
  await deadline.for("the announcement", viewer.announced(PATH));
  const watched = await deadline.for("the subscription", viewer.watch(PATH, TRACK));
  await deadline.for("the subscriber", publication.subscribed(TRACK));
  return {
    publication,
    watched,
    async [Symbol.asyncDispose]() {
      await publisher.close().catch(() => {});
      await viewer.close().catch(() => {});
    },
  };
}

/** Publishes a group, which the viewer must get. */
async function broadcast(
  { publication, watched }: { readonly publication: Publication; readonly watched: Watch },
  deadline: Deadline,
  size = 100,
): Promise<void> {
  const group = await deadline.for("a group", publication.startGroup(TRACK));
  await writeObjects(group, 0, OBJECTS, size);
  await readObjects(watched, group.id, 0, OBJECTS, deadline, size);
  await group.end();
}

/** What a relay has of its metrics under this name. */
async function valueOf(relay: RelayProcess, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(await relay.metrics())?.[1]);
}

Deno.test(
  "a relay that is killed while it writes gives what was written to @moqt/transport, without a publisher",
  UNTIDY,
  async () => {
    using deadline = new Deadline();
    const folder = await Deno.makeTempDir();
    try {
      const killed = await startWith(folder);
      {
        await using live = await watch(killed, deadline);
        while (await valueOf(killed, "qumo_relay_disk_groups") < 8) await broadcast(live, deadline);
        // In the middle of another one.
        const group = await live.publication.startGroup(TRACK);
        await writeObjects(group, 0, 2);
        await killed.end("SIGKILL");
      }
      await using relay = await startWith(folder);
      const groups = await valueOf(relay, "qumo_relay_disk_groups");
      assert.ok(groups >= 8, `${groups} groups`);
      const client = await deadline.for("the client", connectMoqt(relay));
      const range = { startGroup: 0n, startObject: 0n, endGroup: BigInt(groups), endObject: 0n };
      const fetched = await deadline.for("FETCH_OK", client.fetch(PATH, TRACK, range));
      for (let group = 0; group < groups; group++) {
        await readObjects(fetched, group, 0, OBJECTS, deadline);
      }
      assert.equal(await deadline.for("the end", fetched.next()), undefined);
      await client.close();
      const kept = JSON.parse(await relay.get(`/fetch/${PATH}/${TRACK}?group=kept`));
      assert.deepEqual(kept, { first: 0, last: groups - 1 });
      const answer = await relay.get(`/fetch/${PATH}/${TRACK}?group=3`);
      assert.equal(answer.length > 0, true);
      assert.equal(await valueOf(relay, 'qumo_relay_disk_reads_total\\{outcome="damaged"\\}'), 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

optionalTest(
  "a relay whose disk is full stops recording, and viewers see nothing of it",
  await noMount(),
  async () => {
    using deadline = new Deadline();
    const folder = await Deno.makeTempDir();
    await mount("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
    try {
      await using relay = await startWith(folder);
      await using live = await watch(relay, deadline);
      const failures = () => valueOf(relay, "qumo_relay_disk_write_failures_total");
      await until("a full disk", async () => {
        await broadcast(live, deadline, 20_000);
        return await failures() > 0;
      });
      for (let more = 0; more < 10; more++) await broadcast(live, deadline, 20_000);
      assert.match(relay.log(), /cannot write to disk: groups are not kept until it works again/);
      assert.equal(relay.log().match(/cannot write to disk/g)!.length, 1);
      const dropped = await valueOf(
        relay,
        'qumo_relay_disk_dropped_groups_total\\{reason="failed"\\}',
      );
      assert.ok(dropped > 0);
      const kept = await valueOf(relay, "qumo_relay_disk_groups");
      assert.ok(kept > 5, `${kept} groups`);
      assert.match(await relay.get("/health"), /ok|ready|serving/);
    } finally {
      await mount("umount", folder);
      await Deno.remove(folder, { recursive: true });
    }
  },
);

optionalTest(
  "ffmpeg plays over HLS from disk what is older than memory and the live playlist have",
  ffmpegMissing ?? ffprobeMissing,
  async () => {
    using deadline = new Deadline();
    const folder = await Deno.makeTempDir();
    try {
      await using relay = await startRelay({
        ingest: { rtmp: { address: "127.0.0.1:0" } },
        hls: { enabled: true, segment_ms: 1_000, window_segments: 6 },
        cache: { max_groups_per_track: 2, disk: { folder } },
      });
      const rtmp = /"listening for RTMP".*?"address":"([^"]+)"/.exec(relay.log())![1]!;
      await using _encoder = await startEncoder({ url: `rtmp://${rtmp}/${PATH}` });
      const at = `http://127.0.0.1:${relay.port}/hls/${PATH}`;
      await until("the playlist", async () => (await read(`${at}/rewind.m3u8`)).status === 200);
      const index = (await read(`${at}/rewind.m3u8`)).text;
      const media = `${at}/${index.trimEnd().split("\n").at(-1)!}`;
      const live = media.replace("past.m3u8", "media.m3u8");
      await until("more than is live", async () => segmentsIn((await read(media)).text).length > 9);
      const { text } = await read(media);
      assert.match(text, /^#EXT-X-MEDIA-SEQUENCE:0$/m);
      assert.ok(segmentsIn((await read(live)).text).length < segmentsIn(text).length);
      const played = await deadline.for("ffprobe", probe(`${at}/rewind.m3u8`, 5));
      const names = played.streams.map(({ codec_name }) => codec_name);
      assert.deepEqual(names.toSorted(), ["aac", "h264"]);
      for (const { codec_name, nb_read_frames } of played.streams) {
        assert.ok(Number(nb_read_frames) >= 45, `${codec_name}: ${nb_read_frames} frames`);
      }
      assert.equal(played.errors, "");
      const [first] = segmentsIn(text);
      assert.equal((await read(new URL(first!, media).href)).status, 200);
      const gone = first!.replace(/\.\d+\.m4s/, ".9999.m4s");
      assert.equal((await read(new URL(gone, media).href)).status, 404);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

function segmentsIn(playlist: string): string[] {
  return playlist.split("\n").filter((line) => line.includes(".m4s") && !line.startsWith("#"));
}

async function read(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

async function mount(command: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runToEnd([command, ...args]);
  if (code !== 0) throw new Error(stderr);
}

/** Why no file system can be mounted here. */
async function noMount(): Promise<string | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    await mount("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
    await mount("umount", folder);
    return undefined;
  } catch {
    return "nothing can be mounted here";
  } finally {
    await Deno.remove(folder);
  }
}
