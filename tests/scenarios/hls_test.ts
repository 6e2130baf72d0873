/** What encoders and others send, as players of HLS get it. */
import { joinBytes } from "@qumo/shared/runtime";
import { commonDraft, DEFAULT_TRACK_PROPERTIES, liteTrackBlock } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { hevcSets } from "../../relay/media/codec/hevc.ts";
import { unitsOf } from "../../relay/media/codec/start_codes.ts";
import { HlsServer } from "../../relay/media/hls/hls_server.ts";
import { LocalPublisher } from "../../relay/media/ingest/local_publisher.ts";
import { PublishedTrack } from "../../relay/media/ingest/published_track.ts";
import { readInit } from "../../relay/media/mp4/read_init.ts";
import { rendererOf } from "../../relay/session/moqt/dialect/renderer.ts";
import { openGate } from "../../relay/session/rights.ts";
import { EncoderWorld } from "../support/encoders/encoder_world.ts";
import { AVCC, HEVC_SETS, videoBytes, videoConfigBytes } from "../support/encoders/film_bytes.ts";
import { memoryLog } from "../support/worlds/memory_log.ts";
import { nameOf, namespaceOf } from "../support/worlds/track_model.ts";

/** A relay's HLS beside its encoders. */
class HlsWorld extends EncoderWorld {
  readonly hls: HlsServer;
  readonly counts = this.metrics.media;
  readonly #ends: (() => void)[] = [];

  constructor(maxBytes = DEFAULTS.hls.maxBytes) {
    super();
    this.hls = new HlsServer({
      registry: this.registry,
      gate: openGate,
      settings: { ...DEFAULTS.hls, enabled: true, maxBytes },
      counts: this.counts,
      clock: this.clock,
      log: memoryLog().log,
    });
  }

  /** Asks for a path, and lets time pass until there is an answer. */
  async get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; cache: string | null }> {
    const asked = this.hls.answer(new Request(`http://localhost${path}`, { headers }), "player");
    let response: Response | undefined;
    void asked.then((one) => response = one);
    for (let time = 0; response === undefined && time < 20_000; time += 100) {
      await this.clock.advance(100);
    }
    assert.ok(response, `no answer to ${path}`);
    const cache = response.headers.get("cache-control");
    return { status: response.status, text: await response.text(), cache };
  }

  /** Publishes a broadcast with this catalog; returns a writer of its track `video`. */
  publishCatalog(catalog: string): (payload: Uint8Array) => void {
    const renderer = rendererOf(commonDraft.data);
    const { scope, clock, metrics } = this;
    const publisher = new LocalPublisher({
      ...{ id: 1, relayName: "here", scope, renderer, metrics, clock },
      onDrop: () => {},
    });
    const kept = { bytes: 0, max: 1_000_000 };
    const properties = DEFAULT_TRACK_PROPERTIES;
    const block = liteTrackBlock(properties);
    const [described, video] = ["catalog.json", "video"].map((name) => {
      const full = nameOf("live", "cam", name);
      return new PublishedTrack({ name: full, block, properties, clock, renderer, kept });
    }) as [PublishedTrack, PublishedTrack];
    const write = (track: PublishedTrack, payload: Uint8Array) => {
      track.begin();
      track.write({ properties: new Uint8Array(), parts: [payload], length: payload.length });
    };
    publisher.add(described);
    publisher.add(video);
    const withdraw = scope.advertise(namespaceOf("live", "cam"), publisher);
    this.#ends.push(() => {
      withdraw();
      for (const track of [described, video]) track.end({ kind: "ended", reason: "" });
    });
    write(described, new TextEncoder().encode(catalog));
    return (payload) => write(video, payload);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.hls.close();
    for (const end of this.#ends) end();
    await super[Symbol.asyncDispose]();
  }
}

/** A timestamp as hang has it, of four bytes. */
function timestampBytes(microseconds: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, 0x80000000 + microseconds);
  return bytes;
}

const INDEX = "/hls/live/cam/index.m3u8";
const MEDIA = "/hls/live/cam/video/media.m3u8";

Deno.test("what an encoder sends by RTMP is played from segments that begin with key frames", async () => {
  await using world = new HlsWorld();
  const encoder = await world.publish();
  await encoder.send(videoConfigBytes());
  for (let frame = 0; frame < 40; frame++) {
    await encoder.send(videoBytes(frame * 100, frame % 10 === 0));
  }
  const index = await world.get(INDEX);
  assert.equal(index.status, 200, index.text);
  assert.match(index.text, /CODECS="avc1\.42c00a"/);
  const filming = (async () => {
    for (let frame = 40; frame < 120; frame++) {
      await encoder.send(videoBytes(frame * 100, frame % 10 === 0));
    }
  })();
  const media = await world.get(MEDIA);
  await filming;
  assert.equal(media.status, 200, media.text);
  assert.match(media.text, /#EXT-X-PART:.*INDEPENDENT=YES/);
  assert.match(media.text, /#EXT-X-MAP:URI="/);
  const malformed = await world.get(`${MEDIA}?_HLS_msn=x`);
  assert.equal(malformed.status, 400);
  assert.deepEqual([world.counts.hls.ok, world.counts.hls.malformed], [2, 1]);
});

Deno.test("what a token in the head brings is kept by no shared cache, since its URL has no token", async () => {
  await using world = new HlsWorld();
  const encoder = await world.publish();
  await encoder.send(videoConfigBytes());
  const film = async (from: number, to: number) => {
    for (let frame = from; frame < to; frame++) {
      await encoder.send(videoBytes(frame * 100, frame % 10 === 0));
    }
  };
  await film(0, 40);
  const head = { authorization: "Bearer t0ken" };
  const index = await world.get(INDEX, head);
  assert.match(index.text, /jwt=t0ken/);
  const filming = film(40, 120);
  const media = await world.get(MEDIA, head);
  await filming;
  const init = `/hls/live/cam/video/${/URI="([^"?]*init[^"?]*)/.exec(media.text)?.[1]}`;
  for (const answer of [index, media, await world.get(init, head)]) {
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.cache!, /^private, /);
  }
  // These have it in their URL, which is what caches go by.
  for (const path of [INDEX, MEDIA, init]) {
    assert.match((await world.get(`${path}?jwt=t0ken`, head)).cache!, /^public, /);
  }
});

Deno.test("a catalog that is none is left out", async () => {
  await using world = new HlsWorld();
  world.publishCatalog("{");
  assert.equal((await world.get(INDEX)).status, 504);
  assert.equal(world.counts.hlsLosses.catalog, 1);
});

Deno.test("a track of a codec that MP4 has not is left out, and frames that are none", async () => {
  await using world = new HlsWorld();
  const video = (codec: string) => ({
    codec,
    container: { kind: "legacy" },
    codedWidth: 320,
    codedHeight: 192,
    description: AVCC.toHex(),
  });
  const renditions = { video: video("avc1.42c00a"), other: video("vp8") };
  const write = world.publishCatalog(JSON.stringify({ video: { renditions } }));
  const index = await world.get(INDEX);
  assert.equal(index.status, 200, index.text);
  assert.doesNotMatch(index.text, /vp8/);
  assert.equal(world.counts.hlsLosses.track, 1);
  const asked = world.get(MEDIA);
  // A timestamp that breaks off.
  for (let time = 0; time < 5; time++) {
    await world.clock.advance(100);
    write(Uint8Array.of(0xc0));
  }
  await asked;
  assert.ok(world.counts.hlsLosses.object > 0, "an object that is no frame");
});

Deno.test("H.265 whose parameter sets come with its frames has a header made of them", async () => {
  await using world = new HlsWorld();
  const video = {
    codec: "hev1.1.6.L30.90",
    container: { kind: "legacy" },
    codedWidth: 160,
    codedHeight: 120,
  };
  const write = world.publishCatalog(JSON.stringify({ video: { renditions: { video } } }));
  const index = await world.get(INDEX);
  assert.match(index.text, /CODECS="hvc1\.1\.6\.L30\.90"/);
  const asked = world.get(MEDIA);
  for (let frame = 0; frame < 100; frame++) {
    await world.clock.advance(100);
    const picture = joinBytes([
      HEVC_SETS,
      Uint8Array.of(0, 0, 1, 0x28, 1, ...new Uint8Array(9), 7),
    ]);
    write(joinBytes([timestampBytes(frame * 100_000), picture]));
  }
  const media = await asked;
  assert.equal(media.status, 200, media.text);
  const init = /URI="([^"?]*init[^"?]*)/.exec(media.text)![1];
  const header = await world.hls.answer(
    new Request(`http://localhost/hls/live/cam/video/${init}`),
    "player",
  );
  const [track] = readInit(new Uint8Array(await header.arrayBuffer()));
  assert.equal(track!.entry, "hvc1");
  const sets = hevcSets(track!.description!);
  assert.deepEqual(sets, [...unitsOf(HEVC_SETS)]);
});

Deno.test("segments that there is no room for are given up", async () => {
  await using world = new HlsWorld(1_000);
  const encoder = await world.publish();
  await encoder.send(videoConfigBytes());
  const film = async (from: number, to: number) => {
    for (let frame = from; frame < to; frame++) {
      await encoder.send(videoBytes(frame * 100, frame % 10 === 0));
    }
  };
  await film(0, 20);
  await world.get(INDEX);
  const asked = world.get(MEDIA);
  await film(20, 300);
  await asked;
  assert.ok(world.counts.hlsLosses.segment > 0, "a segment");
});
