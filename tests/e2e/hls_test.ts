/** Broadcasts over HLS, as ffmpeg and hls.js play them. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { DEFAULTS, type RelayConfig } from "../../relay/config.ts";
import { ffprobeMissing, probe } from "../peers/ffprobe.ts";
import { moqCliMissing, publishFilm } from "../peers/moq_cli.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { becomes, until } from "../support/until.ts";

const FILM = "demo/film.hang";
const HLS: Pick<RelayConfig, "hls"> = { hls: { ...DEFAULTS.hls, enabled: true } };

const hlsOf = ({ port }: { readonly port: number }, name = FILM) =>
  `http://127.0.0.1:${port}/hls/${name}`;

async function read(url: string): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url);
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}

const numberIn = (text: string, tag: string) =>
  Number(new RegExp(`#${tag}:(\\d+)`).exec(text)?.[1]);

optionalTest(
  "a film of moq's is played by ffmpeg over HLS, at an edge too",
  moqCliMissing ?? ffprobeMissing,
  async () => {
    using deadline = new Deadline();
    await using origin = await startRelayInProcess(HLS);
    await using edge = await startRelayInProcess({
      ...HLS,
      upstream: [`moqt://127.0.0.1:${origin.port}`],
      mesh: { ...DEFAULTS.mesh, insecure: true },
    });
    await using _film = publishFilm(origin, FILM);
    for (const relay of [origin, edge]) {
      const url = `${hlsOf(relay)}/index.m3u8`;
      await until("the film", async () => (await read(url)).status === 200);
      const { streams, errors } = await deadline.for("ffprobe", probe(url, 3));
      const [video] = streams;
      assert.deepEqual([video!.codec_name, video!.width, video!.height], ["h264", 160, 120]);
      assert.ok(Number(video!.nb_read_frames) >= 60, video!.nb_read_frames);
      assert.equal(errors, "");
    }
  },
);

optionalTest("a player waits for the part that comes next", moqCliMissing, async () => {
  using deadline = new Deadline();
  await using relay = await startRelayInProcess(HLS);
  await using _film = publishFilm(relay, FILM);
  const index = `${hlsOf(relay)}/index.m3u8`;
  await until("the film", async () => (await read(index)).status === 200);
  const { text, headers } = await read(index);
  assert.match(text, /CODECS="avc1\.64000b",RESOLUTION=160x120/);
  assert.equal(headers.get("access-control-allow-origin"), "*");
  const track = text.trimEnd().split("\n").at(-1)!;
  const url = new URL(track, index).href;
  const first = await read(url);
  const segment = numberIn(first.text, "EXT-X-MEDIA-SEQUENCE");
  const hintOf = (text: string) => /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)![1]!;
  const [, next, part] = hintOf(first.text).split(".");
  const reloaded = await deadline.for("a part", read(`${url}?_HLS_msn=${next}&_HLS_part=${part}`));
  assert.ok(reloaded.text.includes(`${next}.${part}.m4s",`), reloaded.text);
  const hinted = await fetch(new URL(hintOf(reloaded.text), url));
  assert.deepEqual([hinted.status, hinted.headers.get("content-type")], [200, "video/mp4"]);
  assert.match(hinted.headers.get("cache-control")!, /immutable/);
  assert.ok((await hinted.arrayBuffer()).byteLength > 0);
  const statuses = ["_HLS_msn=x", "_HLS_part=1", `_HLS_msn=${segment + 1_000}`].map(async (query) =>
    (await read(`${url}?${query}`)).status
  );
  assert.deepEqual(await Promise.all(statuses), [400, 400, 400]);
});

optionalTest(
  "a film that ends, and one that begins again, are told to players",
  moqCliMissing,
  async () => {
    await using relay = await startRelayInProcess(HLS);
    const index = `${hlsOf(relay)}/index.m3u8`;
    const media = `${hlsOf(relay)}/0.m4s/media.m3u8`;
    {
      await using _film = publishFilm(relay, FILM);
      await until("the film", async () => (await read(index)).status === 200);
      await until("a segment", async () => (await read(media)).text.includes("#EXTINF"));
    }
    await using _again = publishFilm(relay, FILM);
    await until("a break", async () => /DISCONTINUITY$/m.test((await read(media)).text));
    const { text } = await read(media);
    assert.ok(!text.includes("ENDLIST"), text);
    await _again[Symbol.asyncDispose]();
    await until("the end", async () => {
      const { status, text } = await read(media);
      return status === 404 || text.includes("ENDLIST");
    });
  },
);

optionalTest("nobody is subscribed to a film that no player asks for", moqCliMissing, async () => {
  const hls = { ...DEFAULTS.hls, enabled: true, idleMs: 15_000 };
  await using relay = await startRelayInProcess({ hls, relay: { ...DEFAULTS.relay, lingerMs: 0 } });
  await using _film = publishFilm(relay, FILM);
  const subscriptions = async () => {
    const { text } = await read(`http://127.0.0.1:${relay.port}/metrics`);
    return Number(/^qumo_relay_tracks(?:_\w+)? (\d+)$/m.exec(text)?.[1]);
  };
  await until("the film", async () => (await read(`${hlsOf(relay)}/index.m3u8`)).status === 200);
  await read(`${hlsOf(relay)}/0.m4s/media.m3u8`);
  assert.ok(await subscriptions() > 0);
  await becomes(async () => `${await subscriptions()} tracks`, "0 tracks");
});

Deno.test("a name that nobody has, and HLS where it is off, are not found", async () => {
  await using relay = await startRelayInProcess(HLS);
  await using without = await startRelayInProcess();
  assert.equal((await read(`${hlsOf(relay)}/index.m3u8`)).status, 404);
  assert.equal((await read(`${hlsOf(relay)}/video/media.m3u8`)).status, 404);
  assert.equal((await read(`http://127.0.0.1:${relay.port}/hls/index.m3u8`)).status, 404);
  assert.equal((await read(`${hlsOf(without)}/index.m3u8`)).status, 404);
});

Deno.test("a broadcast is played as far as a token allows, which its playlists pass on", async () => {
  using deadline = new Deadline();
  const key = await generate("HS256", "main");
  await using relay = await startRelayInProcess({
    ...HLS,
    auth: {
      ...DEFAULTS.auth,
      mode: "token",
      keys: ["key"],
      public: { publish: [""], subscribe: [] },
    },
  }, { key: JSON.stringify(key) });
  const peer = await deadline.for("a publisher", connectMoqNet(relay));
  const publication = await peer.publish("room/cam", ["catalog.json"]);
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const token = await sign(key, { root: "room", get: "", exp });
  const index = `${hlsOf(relay, "room/cam")}/index.m3u8`;
  assert.equal((await read(index)).status, 401);
  assert.equal((await read(`${hlsOf(relay, "other/cam")}/index.m3u8?jwt=${token}`)).status, 401);
  const asked = read(`${index}?jwt=${token}`);
  await deadline.for("a subscriber", publication.subscribed("catalog.json"));
  const group = await publication.startGroup("catalog.json");
  const catalog = {
    video: { renditions: { hd: { codec: "avc1.64001f" }, odd: { codec: "vp8" } } },
  };
  await group.write(new TextEncoder().encode(JSON.stringify(catalog)));
  const { text } = await deadline.for("the playlist", asked);
  assert.match(text, /hd\/media\.m3u8\?jwt=/);
  assert.ok(!text.includes("odd/"), text);
  await peer.close();
});
