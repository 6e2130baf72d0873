import type { CatalogTrack } from "../catalog/catalog.ts";
import type { PastSegment } from "./past_window.ts";
import type { Segment } from "./segmenter.ts";

/** What a media playlist shows. */
export interface MediaPlaylist {
  /** Seconds, at least as long as any segment. */
  readonly targetDuration: number;
  /** Seconds of the longest part. */
  readonly partTarget: number;
  /** Ascending; the last one may still grow. */
  readonly segments: readonly Segment[];
  /** Breaks before the first segment shown. */
  readonly breaksBefore: number;
  /** What the names of files begin with: they are never used twice. */
  readonly epoch: string;
  readonly isOver: boolean;
  /** Appended to every name: the token, if there is one. */
  readonly query: string;
}

/** Whole segments at the end whose parts are shown (at least three target durations are needed). */
const WITH_PARTS = 4;

const seconds = (microseconds: number) => (microseconds / 1_000_000).toFixed(5);

/** A media playlist with low-latency parts (draft-pantos-hls-rfc8216bis). */
export function mediaPlaylist(playlist: MediaPlaylist): string {
  const { targetDuration, partTarget, segments, epoch, query, isOver } = playlist;
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:9",
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(partTarget * 3).toFixed(3)},` +
    `HOLD-BACK=${targetDuration * 3}`,
    `#EXT-X-PART-INF:PART-TARGET=${partTarget.toFixed(3)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.number ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.breaksBefore}`,
  ];
  let init: number | undefined;
  for (const [index, segment] of segments.entries()) {
    if (segment.isBreak && index > 0) lines.push("#EXT-X-DISCONTINUITY");
    if (segment.init !== init) {
      lines.push(`#EXT-X-MAP:URI="${epoch}.init${segment.init}.mp4${query}"`);
    }
    init = segment.init;
    lines.push(...segmentLines(segment, playlist, index >= segments.length - WITH_PARTS));
  }
  if (isOver) lines.push("#EXT-X-ENDLIST");
  else lines.push(hintLine(segments, epoch, query));
  return `${lines.join("\n")}\n`;
}

function segmentLines(
  { number, parts, duration, isWhole, wall }: Segment,
  { epoch, query }: MediaPlaylist,
  withParts: boolean,
): string[] {
  const lines = [`#EXT-X-PROGRAM-DATE-TIME:${new Date(wall).toISOString()}`];
  for (const [index, part] of withParts ? parts.entries() : []) {
    const independent = part.isIndependent ? ",INDEPENDENT=YES" : "";
    const uri = `${epoch}.${number}.${index}.m4s${query}`;
    lines.push(`#EXT-X-PART:DURATION=${seconds(part.duration)},URI="${uri}"${independent}`);
  }
  if (isWhole) lines.push(`#EXTINF:${seconds(duration)},`, `${epoch}.${number}.m4s${query}`);
  return lines;
}

function hintLine(segments: readonly Segment[], epoch: string, query: string): string {
  const last = segments.at(-1);
  const next = last === undefined
    ? [0, 0]
    : last.isWhole
    ? [last.number + 1, 0]
    : [last.number, last.parts.length];
  return `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${epoch}.${next.join(".")}.m4s${query}"`;
}

/** A playlist of what is kept of a track. */
export interface PastPlaylist extends Pick<MediaPlaylist, "breaksBefore" | "epoch" | "query"> {
  /** Ascending. */
  readonly segments: readonly PastSegment[];
}

/** A media playlist that slides over what is kept, without parts. */
export function pastPlaylist({ segments, breaksBefore, epoch, query }: PastPlaylist): string {
  const longest = segments.reduce((most, { duration }) => Math.max(most, duration), 0);
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${Math.ceil(longest / 1_000_000)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.number ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${breaksBefore}`,
    `#EXT-X-MAP:URI="past.${epoch}.init.mp4${query}"`,
  ];
  for (const [index, { number, duration, isBreak }] of segments.entries()) {
    if (isBreak && index > 0) lines.push("#EXT-X-DISCONTINUITY");
    lines.push(`#EXTINF:${seconds(duration)},`, `past.${epoch}.${number}.m4s${query}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A track that a multivariant playlist offers. */
export interface Offered {
  readonly track: CatalogTrack;
  /** The playlist of the track. */
  readonly uri: string;
}

/** What a track takes that does not say it, in bits a second. */
const USUAL_BITRATE = { video: 2_000_000, audio: 128_000 } as const;

/** The playlist of a broadcast, with its tracks to choose from. */
export function multivariantPlaylist(offered: readonly Offered[]): string {
  const audio = offered.filter(({ track }) => track.config.kind === "audio");
  const video = offered.filter(({ track }) => track.config.kind === "video");
  const lines = ["#EXTM3U", "#EXT-X-VERSION:9"];
  if (video.length > 0) {
    for (const [index, { track, uri }] of audio.entries()) {
      const { label, language, name } = track;
      const said = [
        "TYPE=AUDIO",
        'GROUP-ID="audio"',
        `NAME="${quoted(label ?? name)}"`,
        ...(language === undefined ? [] : [`LANGUAGE="${quoted(language)}"`]),
        `DEFAULT=${index === 0 ? "YES" : "NO"}`,
        "AUTOSELECT=YES",
        `URI="${uri}"`,
      ];
      lines.push(`#EXT-X-MEDIA:${said.join(",")}`);
    }
  }
  const variants = video.length > 0 ? video : audio;
  const sound = video.length > 0 ? audio[0]?.track : undefined;
  for (const { track, uri } of variants) lines.push(streamLine(track, sound), uri);
  return `${lines.join("\n")}\n`;
}

function streamLine({ config }: CatalogTrack, sound: CatalogTrack | undefined): string {
  const rate = (one: CatalogTrack["config"]) => Math.ceil(one.bitrate ?? USUAL_BITRATE[one.kind]);
  const codecs = [config, ...(sound === undefined ? [] : [sound.config])].map(({ codec }) =>
    quoted(codec.replace(/^avc3/, "avc1").replace(/^hev1/, "hvc1"))
  );
  const bandwidth = rate(config) + (sound === undefined ? 0 : rate(sound.config));
  const said = [`BANDWIDTH=${bandwidth}`, `CODECS="${codecs.join(",")}"`];
  if (config.kind === "video") {
    if (config.width !== undefined && config.height !== undefined) {
      said.push(`RESOLUTION=${config.width}x${config.height}`);
    }
    if (config.framerate !== undefined) said.push(`FRAME-RATE=${config.framerate.toFixed(3)}`);
  }
  if (sound !== undefined) said.push('AUDIO="audio"');
  return `#EXT-X-STREAM-INF:${said.join(",")}`;
}

/** What a publisher wrote, as it may stand between quotes. */
function quoted(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/["\r\n\u0000-\u001f]/g, " ");
}
