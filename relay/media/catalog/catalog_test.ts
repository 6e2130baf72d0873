import assert from "node:assert/strict";
import { MAX_CATALOG_BYTES, MAX_CATALOG_TRACKS, MAX_CATALOG_UPDATES } from "../limits.ts";
import { CatalogError, type MediaCatalog } from "./catalog.ts";
import { hang } from "./hang.ts";
import { msf } from "./msf.ts";
import { catalogBytes, CatalogReader } from "./reader.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const INIT = new Uint8Array([0, 0, 0, 8, 0x66, 0x74, 0x79, 0x70]);

const CATALOG: MediaCatalog = {
  tracks: [
    {
      name: "video0",
      container: { kind: "legacy" },
      config: {
        kind: "video",
        codec: "avc1.64001f",
        description: new Uint8Array([1, 0x64, 0, 0x1f, 0xff]),
        width: 1280,
        height: 720,
        framerate: 30,
        bitrate: 2_000_000,
      },
      jitter: 34,
    },
    {
      name: "audio0",
      container: { kind: "cmaf", init: INIT },
      config: { kind: "audio", codec: "opus", sampleRate: 48_000, channels: 2 },
      label: "English",
    },
  ],
};

for (const format of [hang, msf]) {
  Deno.test(`a catalog of ${format.name} is read as it was written`, () => {
    const read = new CatalogReader(format).read(catalogBytes(format, CATALOG), true);
    assert.deepEqual(read, { ...CATALOG, skipped: 0 });
  });

  Deno.test(`${format.name} says what is no catalog`, () => {
    const refusals = [
      new TextEncoder().encode("{"),
      new Uint8Array([0xff, 0xfe]),
      encode([]),
      encode("catalog"),
      encode(null),
      new TextEncoder().encode(`{"video":${"[".repeat(500)}${"]".repeat(500)}}`),
      encode({ version: 1, padding: "x".repeat(MAX_CATALOG_BYTES) }),
    ];
    for (const payload of refusals) {
      assert.throws(() => new CatalogReader(format).read(payload, true), CatalogError);
    }
  });

  Deno.test(`updates of ${format.name} without end do not make a catalog grow`, () => {
    const reader = new CatalogReader(format);
    reader.read(catalogBytes(format, CATALOG), true);
    const grow = (index: number) =>
      format === hang
        ? { video: { renditions: { [`x${index}`]: { codec: "y".repeat(10_000) } } } }
        : {
          deltaUpdate: [{ op: "add", tracks: [{ name: `x${index}`, role: "y".repeat(10_000) }] }],
        };
    assert.throws(() => {
      for (let index = 0; index < 100; index++) reader.read(encode(grow(index)), false);
    }, /more than 262144 bytes/);
    const small = format === hang ? {} : { deltaUpdate: [] };
    assert.throws(() => {
      for (let index = 0; index <= MAX_CATALOG_UPDATES; index++) reader.read(encode(small), false);
    }, /too many updates/);
  });

  Deno.test(`${format.name} has no more tracks than one can watch`, () => {
    const track = CATALOG.tracks[0]!;
    const many = Array.from({ length: 5_000 }, (_, index) => ({ ...track, name: `v${index}` }));
    assert.throws(() => format.write({ tracks: many }), CatalogError);
    const renditions = Object.fromEntries(many.map(({ name }) => [name, { codec: "vp8" }]));
    const tracks = many.map(({ name }) => ({
      name,
      role: "video",
      codec: "vp8",
      packaging: "loc",
    }));
    const read = format.read(format === hang ? { video: { renditions } } : { version: 1, tracks });
    assert.equal(read.tracks.length, MAX_CATALOG_TRACKS);
    assert.equal(read.skipped, many.length - MAX_CATALOG_TRACKS);
  });
}

Deno.test("hang: what one rendition has wrong costs the others nothing", () => {
  const good = { codec: "vp8", container: { kind: "legacy" } };
  const { tracks, skipped } = hang.read({
    video: {
      renditions: {
        good,
        nothing: null,
        unknownContainer: { ...good, container: { kind: "tomorrow" } },
        badHex: { ...good, description: "AAEC/w==" },
        noInit: { ...good, container: { kind: "cmaf" } },
        numberCodec: { ...good, codec: 7 },
      },
    },
    audio: { renditions: { noRate: { codec: "opus" } } },
    scte35: { track: "cues" },
  });
  assert.deepEqual(tracks.map(({ name }) => name), ["good"]);
  assert.equal(skipped, 6);
});

Deno.test("hang: renditions of other broadcasts are told apart", () => {
  const { tracks } = hang.read({
    video: { renditions: { hd: { codec: "vp8", broadcast: "./source" } } },
  });
  assert.equal(tracks[0]!.elsewhere, "./source");
});

Deno.test("hang: publishers of before 2026 are understood", () => {
  const { tracks } = hang.read({
    video: [{ track: { name: "video", priority: 2 }, config: { codec: "vp8" } }],
    audio: {
      track: { name: "audio" },
      config: { codec: "opus", sampleRate: 48_000, numberOfChannels: 2 },
    },
  });
  assert.deepEqual(tracks.map(({ name }) => name), ["video", "audio"]);
});

Deno.test("hang: an update changes what it names and removes what it sets to null", () => {
  const reader = new CatalogReader(hang);
  reader.read(catalogBytes(hang, CATALOG), true);
  const changed = reader.read(
    encode({ video: { renditions: { video0: { codedWidth: 640 } } }, audio: null }),
    false,
  );
  assert.equal(changed.tracks.length, 1);
  assert.deepEqual(changed.tracks[0]!.config, { ...CATALOG.tracks[0]!.config, width: 640 });
});

Deno.test("msf: tracks of the first draft have their data beside them", () => {
  const { tracks } = msf.read({
    version: 1,
    tracks: [
      {
        name: "hd",
        packaging: "cmaf",
        role: "video",
        codec: "avc1.640028",
        initData: INIT.toBase64(),
      },
      { name: "audio", packaging: "loc", role: "audio", codec: "opus", channelConfig: "1" },
      { name: "history", packaging: "mediatimeline", role: "mediatimeline" },
    ],
  });
  assert.deepEqual(tracks.map(({ container }) => container), [
    { kind: "cmaf", init: INIT },
    { kind: "loc", properties: "object" },
  ]);
  assert.deepEqual(tracks[1]!.config, {
    kind: "audio",
    codec: "opus",
    sampleRate: 48_000,
    channels: 1,
  });
});

Deno.test("msf: updates add, remove, clone and change tracks in order", () => {
  const reader = new CatalogReader(msf);
  const track = { packaging: "loc", role: "video", codec: "vp8", width: 640 };
  reader.read(encode({ version: "draft-01", tracks: [{ ...track, name: "a" }] }), true);
  const { tracks } = reader.read(
    encode({
      deltaUpdate: [
        { op: "add", tracks: [{ ...track, name: "b" }] },
        { op: "clone", tracks: [{ parentName: "b", name: "c", width: 320 }] },
        { op: "update", tracks: [{ parentName: "b", codec: "vp09.00.10.08" }] },
        { op: "remove", tracks: [{ name: "a" }] },
      ],
    }),
    false,
  );
  const shown = tracks.map(({ name, config }) => [
    name,
    config.codec,
    config.kind === "video" && config.width,
  ]);
  assert.deepEqual(shown, [["b", "vp09.00.10.08", 640], ["c", "vp8", 320]]);
  assert.throws(() => reader.read(encode({ deltaUpdate: [{ op: "?" }] }), false), CatalogError);
});

Deno.test("msf: the end of a broadcast is in its catalog", () => {
  const written = msf.write({ tracks: [], isComplete: true });
  assert.deepEqual(written, { version: "draft-01", isComplete: true, tracks: [] });
  assert.equal(msf.read(written).isComplete, true);
});
