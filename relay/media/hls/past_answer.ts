import { answer, problem } from "../http/answers.ts";
import { queryOf } from "../http/visitor.ts";
import { HLS_READY_MS, MAX_PAST_BUILDS } from "../limits.ts";
import type { AskedFile } from "./media_answer.ts";
import type { HlsBroadcast, Watched } from "./hls_broadcast.ts";
import { pastPlaylist } from "./playlists.ts";

/** Files have names that are never used twice: a cache may keep them. */
const FOREVER = "public, max-age=3600, immutable";

/** Answers requests for what is kept of tracks, segments of which are made for each request. */
export class PastAnswers {
  #building = 0;

  /** Answers a request for the playlist of a track's past, its header or a segment. */
  async answer(broadcast: HlsBroadcast, { track, file, request }: AskedFile): Promise<Response> {
    const watched = broadcast.watch(track);
    if (watched === undefined) return problem(404, "the broadcast has no such track");
    if (file === "past.m3u8") return await playlistAnswer(watched, request);
    const [, epoch, what] = /^past\.([^.]+)\.(\w+)\.(?:m4s|mp4)$/.exec(file) ?? [];
    if (epoch !== watched.epoch || what === undefined) return GONE();
    const { past, rendition } = watched;
    const type = rendition.track.config.kind === "video" ? "video/mp4" : "audio/mp4";
    if (this.#building >= MAX_PAST_BUILDS) {
      return problem(503, `more than ${MAX_PAST_BUILDS} segments are read from disk`, 1_000);
    }
    this.#building++;
    try {
      const bytes = what === "init" ? past.init : await past.segment(Number(what));
      return bytes === undefined ? GONE() : answer(bytes, { type, cache: FOREVER });
    } finally {
      this.#building--;
    }
  }
}

async function playlistAnswer(
  { rendition: { window }, past, epoch }: Watched,
  request: Request,
): Promise<Response> {
  // Only who delivers the track now says whether what is kept is of the same track.
  await window.until(() => window.last !== undefined, HLS_READY_MS);
  const segments = await past.segments();
  if (segments.length === 0) return problem(404, "nothing of this track is on disk so far");
  const text = pastPlaylist({
    segments,
    breaksBefore: past.breaksBefore,
    epoch,
    query: queryOf(request),
  });
  return answer(text, { type: "application/vnd.apple.mpegurl", cache: "public, max-age=1" });
}

const GONE = () => problem(404, "this is not there, or no longer");
