import assert from "node:assert/strict";
import { nextOf, partsOf, tracksOf } from "./hls_reader.ts";

Deno.test("a reader of HLS finds tracks, parts and what comes next in playlists of ours", () => {
  const index = '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="audio/media.m3u8"\n' +
    "#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo/media.m3u8\n";
  assert.deepEqual(tracksOf(index, "http://relay/hls/live/cam/index.m3u8"), [
    "http://relay/hls/live/cam/video/media.m3u8",
    "http://relay/hls/live/cam/audio/media.m3u8",
  ]);
  const media = '#EXT-X-PART:DURATION=0.35,URI="e.4.0.m4s",INDEPENDENT=YES\n' +
    '#EXT-X-PART:DURATION=0.35,URI="e.4.1.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="e.4.2.m4s"\n';
  assert.deepEqual(partsOf(media), ["e.4.0.m4s", "e.4.1.m4s"]);
  assert.equal(nextOf(media), "?_HLS_msn=4&_HLS_part=2");
});
