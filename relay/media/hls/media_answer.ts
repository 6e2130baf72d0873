import { joinBytes } from "@qumo/shared/runtime";
import { answer, problem } from "../http/answers.ts";
import { queryOf } from "../http/visitor.ts";
import { HLS_READY_MS, LONGEST_SEGMENT, MAX_AHEAD_SEGMENTS } from "../limits.ts";
import type { HlsBroadcast, Watched } from "./hls_broadcast.ts";
import { mediaPlaylist } from "./playlists.ts";
import type { HlsSettings } from "./settings.ts";

/** A file of a track that a player asks for. */
export interface AskedFile {
  readonly track: string;
  readonly file: string;
  readonly request: Request;
}

/** Files have names that are never used twice: a cache may keep them. */
const FOREVER = "public, max-age=3600, immutable";

/** Answers a request for the playlist of a track, its header, a segment or a part. */
export async function mediaAnswer(
  broadcast: HlsBroadcast,
  asked: AskedFile,
  settings: HlsSettings,
): Promise<Response> {
  const watched = broadcast.watch(asked.track);
  if (watched === undefined) return problem(404, "the broadcast has no such track");
  if (asked.file === "media.m3u8") return await playlistAnswer(watched, asked.request, settings);
  const [epoch, ...numbers] = asked.file.split(".");
  if (epoch !== watched.epoch) return problem(404, "this was from another run of the track");
  return await fileAnswer(watched, numbers, settings);
}

async function playlistAnswer(
  { rendition, epoch }: Watched,
  request: Request,
  settings: HlsSettings,
): Promise<Response> {
  const { window } = rendition;
  const position = positionOf(new URL(request.url).searchParams);
  if (position === "malformed") return problem(400, "_HLS_msn and _HLS_part must be numbers");
  const { last } = window;
  if (position !== undefined && last !== undefined) {
    // A player that is this far ahead has another playlist in mind (#blocking-playlist-reload).
    const isAhead = position.segment > last.number + MAX_AHEAD_SEGMENTS;
    if (isAhead) return problem(400, "_HLS_msn is too far ahead");
  }
  const longest = settings.segmentMs * LONGEST_SEGMENT;
  // Players that know no parts need a whole segment to begin with.
  const isThere = () =>
    position === undefined ? window.shown[0]?.isWhole === true : window.has(position);
  const wait = window.last === undefined ? HLS_READY_MS : longest * 3;
  if (!await window.until(isThere, wait) && window.last === undefined) {
    return problem(504, "the track has sent nothing that can be played");
  }
  const text = mediaPlaylist({
    targetDuration: Math.ceil(longest / 1000),
    partTarget: settings.partMs / 1000,
    segments: window.shown,
    breaksBefore: window.breaksBefore,
    epoch,
    isOver: window.isOver,
    query: queryOf(request),
  });
  const cache = position === undefined ? "public, max-age=1" : "public, max-age=60";
  return answer(text, { type: "application/vnd.apple.mpegurl", cache });
}

/** What a blocking request waits for; undefined for one that does not wait. */
function positionOf(query: URLSearchParams) {
  const [segment, part] = [query.get("_HLS_msn"), query.get("_HLS_part")];
  const isNumber = (text: string | null) => text === null || /^\d{1,15}$/.test(text);
  if (!isNumber(segment) || !isNumber(part) || segment === null && part !== null) {
    return "malformed";
  }
  if (segment === null) return undefined;
  return { segment: Number(segment), part: part === null ? undefined : Number(part) };
}

async function fileAnswer(
  { rendition }: Watched,
  numbers: readonly string[],
  settings: HlsSettings,
): Promise<Response> {
  const type = rendition.track.config.kind === "video" ? "video/mp4" : "audio/mp4";
  const init = /^init(\d{1,4})$/.exec(numbers[0] ?? "")?.[1];
  if (init !== undefined) {
    const bytes = rendition.init(Number(init));
    return bytes === undefined ? GONE() : answer(bytes, { type, cache: FOREVER });
  }
  const [segment, part] = numbers.slice(0, -1).map(Number);
  if (segment === undefined || !Number.isInteger(segment)) return GONE();
  const { window } = rendition;
  const asked = { segment, part };
  // The next part may be asked for before it is there (#preload-hints).
  const isNear = window.last !== undefined && segment <= window.last.number + 1;
  if (!isNear || !await window.until(() => window.has(asked), settings.partMs * 4)) return GONE();
  const found = window.find(segment);
  if (found === undefined) return GONE();
  if (part === undefined) {
    return answer(joinBytes(found.parts.map(({ bytes }) => bytes)), { type, cache: FOREVER });
  }
  const bytes = found.parts[part]?.bytes;
  return bytes === undefined ? GONE() : answer(bytes, { type, cache: FOREVER });
}

const GONE = () => problem(404, "this is not there, or no longer");
