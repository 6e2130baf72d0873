import { type Clock, type Log, trackText } from "@qumo/shared/runtime";
import {
  DEFAULT_TRACK_PROPERTIES,
  equalBytes,
  liteTrackBlock,
  type Namespace,
  NO_PROPERTIES,
} from "@qumo/shared/wire";
import type { FeedTarget, Refusal, Renderer, Scope, TrackEnd } from "../../track/mod.ts";
import type { DropReason, FrameDrop } from "../../vocabulary/mod.ts";
import type { CatalogFormat, CatalogTrack, Container } from "../catalog/catalog.ts";
import { hang } from "../catalog/hang.ts";
import { msf } from "../catalog/msf.ts";
import { catalogBytes } from "../catalog/reader.ts";
import type { MediaFrame, TrackConfig } from "../frame.ts";
import { DELAY_STEP_US, MAX_ENCODER_TRACKS, MAX_KEPT_BYTES, NO_KEY_FRAME_US } from "./limits.ts";
import { LocalPublisher } from "./local_publisher.ts";
import { MediaTrack, objectOf } from "./media_track.ts";
import type { IngestMetrics } from "./metrics.ts";
import { type KeptBytes, PublishedTrack } from "./published_track.ts";

/** What a {@linkcode PublishedBroadcast} works with. */
export interface PublishedBroadcastParts {
  /** Its number among the relay's sessions. */
  readonly id: number;
  readonly relayName: string;
  readonly scope: Scope;
  readonly namespace: Namespace;
  /** Of the dialect that the objects are kept in. */
  readonly renderer: Renderer;
  /** Bytes of one object. */
  readonly maxObjectBytes: number;
  /** What its tokens allow at each moment. */
  readonly limits: { readonly maxPublishedTracks: number };
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** The first frame was published. */
  readonly onLive: () => void;
}

/** The priorities of tracks: lower is sent first. A picture is of no use to those who wait for its sound. */
const PRIORITY = { catalog: 32, audio: 64, video: 128 } as const;

const MICROSECONDS = 1_000_000n;

const MSF_SUFFIX = ".loc";

/** What one encoder sends, as tracks of one namespace with a catalog in each format. */
export class PublishedBroadcast {
  readonly #parts: PublishedBroadcastParts;
  readonly #publisher: LocalPublisher;
  readonly #kept: KeptBytes = { bytes: 0, max: MAX_KEPT_BYTES };
  readonly #media = new Map<number, MediaTrack>();
  readonly #catalogs: ReadonlyMap<CatalogFormat, PublishedTrack>;
  readonly #logged = new Set<string>();
  #withdraw: (() => void) | undefined;
  #isCatalogNew = true;
  // In milliseconds; 0 where every frame comes when it is there.
  #jitter = 0;
  // Microseconds from the encoder's timestamps to Unix time.
  #offset: number | undefined;
  // The timestamp of the last key frame.
  #keyAt: number | undefined;
  #isOver = false;

  constructor(parts: PublishedBroadcastParts) {
    const { id, relayName, scope, renderer, metrics, clock } = parts;
    this.#parts = parts;
    this.#publisher = new LocalPublisher({
      id,
      relayName,
      scope,
      renderer,
      metrics,
      clock,
      onDrop: (reason, target) => this.#objectDropped(reason, target),
    });
    this.#catalogs = new Map(
      [hang, msf].map((format) => [format, this.#track(format.track, PRIORITY.catalog)]),
    );
  }

  /** Of the tracks of the encoder. */
  get codecs(): readonly string[] {
    return [...this.#media.values()].map(({ config }) => config.codec);
  }

  /** Why another publisher keeps the namespace; undefined when this one may have it. */
  get refusal(): Refusal | undefined {
    const { scope, namespace } = this.#parts;
    return scope.refusalOfNamespace(namespace, this.#publisher);
  }

  /** Says what a decoder of a track has to know, before its first frame and when that changes. */
  configure(id: number, config: TrackConfig): void {
    const known = this.#media.get(id);
    if (known !== undefined && isSame(known.config, config)) return;
    const { maxPublishedTracks } = this.#parts.limits;
    const max = Math.min(MAX_ENCODER_TRACKS, maxPublishedTracks);
    if (known === undefined && this.#media.size >= max) {
      return this.#frameDropped("too_many_tracks");
    }
    if (known !== undefined && known.config.kind === config.kind) known.configure(config);
    else if (known === undefined) this.#add(id, config);
    else return this.#frameDropped("no_config");
    this.#isCatalogNew = true;
    this.#parts.log.info("media track configured", {
      codec: config.codec,
      ...(config.kind === "video"
        ? { width: config.width, height: config.height }
        : { sample_rate: config.sampleRate, channels: config.channels }),
    });
  }

  /** Publishes a frame of a track. */
  frame(id: number, frame: MediaFrame): void {
    if (this.#isOver) return;
    const track = this.#media.get(id);
    if (track === undefined) return this.#frameDropped("no_config");
    if (frame.data.length > this.#parts.maxObjectBytes) {
      track.breakOff();
      return this.#frameDropped("too_large");
    }
    const placed = { ...frame, timestamp: this.#unixTime(frame.timestamp) };
    if (track.beginsGroup(placed)) this.#groupBegins(track, placed);
    if (track.take(placed) === "no_key_frame") return this.#frameDropped("no_key_frame");
    this.#parts.metrics.encoders.frames++;
    if (track.config.kind === "video") this.#watchKeyFrames(placed);
  }

  /** Frames come so late, in microseconds, for which viewers need as long a buffer. */
  delay(microseconds: number): void {
    const steps = Math.ceil(microseconds / DELAY_STEP_US);
    const jitter = steps * DELAY_STEP_US / 1_000;
    // Within one step it is as if every frame came by itself.
    if (steps <= 1 || jitter <= this.#jitter) return;
    this.#jitter = jitter;
    this.#isCatalogNew = true;
  }

  /** A frame is not there, or of no use: those that build on it are not either. */
  lost(id: number, reason: FrameDrop): void {
    this.#media.get(id)?.breakOff();
    this.#frameDropped(reason);
  }

  /** The broadcast is over: complete when the encoder said so, otherwise it broke off. */
  end(end: TrackEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const tracks = [...this.#media.values()].flatMap((
      { renditions: { hang, loc } },
    ) => [hang, loc]);
    for (const track of [...tracks, ...this.#catalogs.values()]) this.#publisher.end(track, end);
    this.#withdraw?.();
  }

  #add(id: number, config: TrackConfig): void {
    const others = [...this.#media.values()].filter((one) => one.config.kind === config.kind);
    const name = others.length === 0 ? config.kind : `${config.kind}${others.length}`;
    const renditions = {
      hang: this.#track(name, PRIORITY[config.kind]),
      loc: this.#track(name + MSF_SUFFIX, PRIORITY[config.kind]),
    };
    this.#media.set(id, new MediaTrack(config, renditions, this.#parts.renderer));
  }

  #track(name: string, defaultPriority: number): PublishedTrack {
    const { namespace, clock, renderer } = this.#parts;
    const properties = {
      ...DEFAULT_TRACK_PROPERTIES,
      defaultPriority,
      timescale: MICROSECONDS,
    };
    const track = new PublishedTrack({
      name: { namespace, name: new TextEncoder().encode(name) },
      block: liteTrackBlock(properties),
      properties,
      clock,
      renderer,
      kept: this.#kept,
    });
    this.#publisher.add(track);
    return track;
  }

  /** Before the frame, so that who sees the group has what it needs to decode it. */
  #groupBegins(track: MediaTrack, frame: MediaFrame): void {
    if (this.#isCatalogNew) this.#publishCatalogs();
    if (!track.renditions.hang.isOffered) this.#offer(track.renditions.hang);
    if (track.config.kind === "audio") return;
    this.#keyAt = frame.timestamp;
    for (const other of this.#media.values()) other.videoBegan();
  }

  #publishCatalogs(): void {
    this.#isCatalogNew = false;
    for (const [format, track] of this.#catalogs) {
      const catalog = {
        tracks: [...this.#media.values()].map((one) => entryOf(format, one, this.#jitter)),
      };
      track.begin();
      track.write(objectOf(NO_PROPERTIES, [catalogBytes(format, catalog)]));
    }
    if (this.#withdraw !== undefined) return;
    const { scope, namespace, onLive } = this.#parts;
    this.#withdraw = scope.advertise(namespace, this.#publisher);
    onLive();
  }

  /** Where another publisher has the name, the encoder stands by until that one has left. */
  #offer(track: PublishedTrack): void {
    const refusal = this.#publisher.offer(track);
    if (refusal === undefined) return void this.#logged.delete("stands by");
    if (!this.#isFirst("stands by")) return;
    this.#parts.log.warn("the encoder stands by: its track is not taken", {
      track: trackText(track.name),
      reason: refusal.reason,
    });
  }

  #unixTime(timestamp: number): number {
    this.#offset ??= Math.round(this.#parts.clock.wall() * 1_000) - timestamp;
    return Math.max(0, timestamp + this.#offset);
  }

  #watchKeyFrames({ timestamp }: MediaFrame): void {
    const without = timestamp - (this.#keyAt ?? timestamp);
    if (without < NO_KEY_FRAME_US || !this.#isFirst("key frames")) return;
    this.#parts.log.warn("video goes on without a key frame: nobody can join meanwhile", {
      seconds: Math.round(without / 1_000_000),
    });
  }

  #frameDropped(reason: FrameDrop): void {
    this.#parts.metrics.encoders.framesDropped[reason]++;
    // An encoder that is let in amid a group has frames before its first key frame.
    if (reason === "no_key_frame" || !this.#isFirst(reason)) return;
    this.#parts.log.warn("frames of the encoder dropped", { reason });
  }

  #objectDropped(reason: DropReason, { track }: FeedTarget): void {
    if (!track.loggedDrops.isFirst(reason)) return;
    this.#parts.log.warn("objects dropped", { track: trackText(track.name), reason });
  }

  #isFirst(what: string): boolean {
    if (this.#logged.has(what)) return false;
    this.#logged.add(what);
    return true;
  }
}

const CONTAINERS: Record<CatalogFormat["name"], Container> = {
  hang: { kind: "legacy" },
  msf: { kind: "loc", properties: "object" },
};

function entryOf(
  { name: format }: CatalogFormat,
  { config, renditions }: MediaTrack,
  jitter: number,
): CatalogTrack {
  const { name } = renditions[format === "hang" ? "hang" : "loc"].name;
  return {
    name: new TextDecoder().decode(name),
    config,
    container: CONTAINERS[format],
    ...(jitter > 0 && { jitter }),
  };
}

function isSame(one: TrackConfig, other: TrackConfig): boolean {
  const { description: a, ...rest } = one;
  const { description: b, ...others } = other;
  if (JSON.stringify(rest) !== JSON.stringify(others)) return false;
  return a === b || a !== undefined && b !== undefined && equalBytes(a, b);
}
