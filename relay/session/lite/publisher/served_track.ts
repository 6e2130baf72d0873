import { trackText } from "@qumo/shared/runtime";
import {
  encodeDatagramHeader,
  EncodeError,
  encodeStreamType,
  type LiteSubscribe,
  type LiteSubscribeReply,
  type LiteSubscribeUpdate,
  MAX_LITE_DATAGRAM_BYTES,
  rfc9000,
  type StreamErrorName,
} from "@qumo/shared/wire";
import { type OpenTrack, takeMemory, type TrackEnd } from "../../../track/mod.ts";
import type { DatagramDrop, Skip } from "../../../vocabulary/mod.ts";
import type { IdleHolder, ObjectStreams } from "../../delivery/object_streams.ts";
import type { Subscription } from "../../delivery/subscription.ts";
import type { SubscriptionOwner } from "../../delivery/subscription_context.ts";
import { LITE_MAX_AGE_MS, MAX_COUNTED_GROUPS } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { liteRenderer } from "../dialect/renderer.ts";
import { trackInfoOf } from "../dialect/track_info.ts";
import type { LiteStream } from "../lite_stream.ts";
import { firstGroupOf, joinOf, optionsOf } from "./subscription_options.ts";

/** What {@linkcode ServedTrack} uses of its session. */
export type ServedTrackContext = Pick<
  LiteContext,
  "version" | "settings" | "metrics" | "events" | "log" | "clock" | "tasks"
>;

/** What a {@linkcode ServedTrack} serves, and on what stream. */
export interface ServedTrackInit {
  readonly opened: OpenTrack;
  readonly stream: LiteStream;
  readonly message: LiteSubscribe;
}

/** A subscription of the peer: a track that is delivered, and the request's stream. */
export class ServedTrack implements SubscriptionOwner, IdleHolder {
  /** Resolves with the kind of its end; undefined when the subscriber left or the session ended. */
  readonly ended: Promise<string | undefined>;
  readonly #context: ServedTrackContext;
  readonly #init: ServedTrackInit;
  readonly #delivery: Subscription;
  readonly #release: () => void;
  readonly #settle: (end: string | undefined) => void;
  #isConfirmed = false;
  // The last of them.
  readonly #begunGroups = new Set<bigint>();
  #over = false;

  constructor(context: ServedTrackContext, streams: ObjectStreams, init: ServedTrackInit) {
    this.#context = context;
    this.#init = init;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.ended = promise;
    this.#settle = resolve;
    const { track } = init.opened;
    const { version, settings } = context;
    this.#delivery = streams.deliver({
      track,
      options: optionsOf(init.message, track),
      owner: this,
    }, {
      renderer: liteRenderer(version),
      limits: settings.delivery,
      header: (group, frame) => this.#header(group, frame),
      isWholeAtLast: true,
      datagrams: {
        header: encodeDatagramHeader(init.message.id),
        maxBytes: MAX_LITE_DATAGRAM_BYTES,
      },
    });
    this.#release = streams.usedBy(this);
  }

  /** Begins to send what is wanted. */
  start(): void {
    const { message, opened: { track } } = this.#init;
    const found = firstGroupOf(this.#delivery.options.window, track);
    // Of other dialects a group may have a number for which there are no bytes.
    const first = found !== undefined && found < rfc9000.max ? found : undefined;
    if (this.#context.version.messages.trackInfo === undefined) this.#confirmAtOnce(first);
    else if (first !== undefined) this.#confirm(first);
    this.#delivery.start(joinOf(message));
  }

  /** 03 and 04 say with it what later versions have a stream of its own for. */
  #confirmAtOnce(group: bigint | undefined): void {
    const { opened: { track }, message } = this.#init;
    this.#isConfirmed = true;
    this.#say({
      kind: "ok",
      group,
      endGroup: message.endGroup,
      info: trackInfoOf(track.properties, BigInt(LITE_MAX_AGE_MS)),
    });
  }

  /** Tells the subscriber which group is its first, once that is known. */
  #confirm(group: bigint): void {
    if (this.#isConfirmed) return;
    this.#isConfirmed = true;
    this.#say({ kind: "ok", group });
  }

  #header(group: bigint, startFrame: number): Uint8Array {
    if (this.#begunGroups.size === 0) this.#begin(group);
    this.#begunGroups.add(group);
    if (this.#begunGroups.size > MAX_COUNTED_GROUPS) {
      const [oldest] = this.#begunGroups;
      this.#begunGroups.delete(oldest!);
    }
    const { messages, uniStreams } = this.#context.version;
    const type = encodeStreamType(uniStreams.group!);
    const header = messages.group.encode({
      subscription: this.#init.message.id,
      group,
      startFrame: BigInt(startFrame),
    });
    const both = takeMemory(type.length + header.length);
    both.set(type);
    both.set(header, type.length);
    return both;
  }

  /** The newest group is the first that came, when none was there before. */
  #begin(group: bigint): void {
    this.#confirm(group);
    if (this.#init.message.start.kind !== "latest") return;
    const { options } = this.#delivery;
    const start = { group, object: 0n };
    this.#delivery.update({ ...options, window: { ...options.window, start } });
  }

  /** The subscriber changes what it wants. */
  update(wanted: LiteSubscribeUpdate): void {
    if (this.#over) return;
    const { window } = this.#delivery.options;
    const options = optionsOf(wanted, this.#init.opened.track);
    // Any other start was chosen when the subscription began.
    const start = wanted.start.kind === "group" ? options.window.start : window.start;
    this.#delivery.update({ ...options, window: { ...options.window, start } });
  }

  /** The subscriber left or may no longer have the track, or the session ended. */
  cancel(code: StreamErrorName = "cancelled"): void {
    if (this.#over) return;
    this.#leave(undefined);
    this.#delivery.cancel();
    this.#init.stream.cancel(code);
  }

  finished({ kind }: TrackEnd): void {
    if (this.#over) return;
    const { stream } = this.#init;
    this.#leave(kind);
    if (kind !== "ended") return stream.cancel(ENDS[kind] ?? "internal_error");
    this.#sayEnd();
    stream.finish();
  }

  /** Everything up to the last group that is wanted was sent. */
  windowOver(): void {
    if (this.#over) return;
    this.#leave("ended");
    this.#delivery.end();
    this.#sayEnd();
    this.#init.stream.finish();
  }

  /** No further group comes; before 05 the end of the stream says so. */
  #sayEnd(): void {
    if (this.#context.version.messages.trackInfo === undefined) return;
    const { largest } = this.#init.opened.track;
    const { endGroup } = this.#delivery.options.window;
    const next = largest === undefined ? 0n : largest.group + 1n;
    const isBounded = endGroup !== undefined && endGroup + 1n < next;
    this.#say({ kind: "end", group: isBounded ? endGroup + 1n : next });
  }

  tooFarBehind(): void {
    this.#giveUp("the subscriber takes too little");
  }

  tooManyUnfinished(): void {
    this.#giveUp("too many groups of the track were aborted");
  }

  #giveUp(reason: string): void {
    if (this.#over) return;
    const track = trackText(this.#init.opened.track.name);
    this.#context.events.say("subscription ended", { track, reason });
    this.#leave("too_far_behind");
    this.#init.stream.cancel("too_far_behind");
  }

  leftOut(reason: Skip | DatagramDrop): void {
    const track = trackText(this.#init.opened.track.name);
    this.#context.events.say("objects left out for a subscriber", { track, reason });
  }

  /** A group of which a stream was begun is told of by the end of that stream. */
  skipped(group: bigint): void {
    const { streamCodes } = this.#context.version;
    if (this.#over || this.#begunGroups.has(group)) return;
    const code = BigInt(streamCodes.too_far_behind);
    this.#say({ kind: "drop", first: group, last: group, code });
  }

  giveUpIdle(): boolean {
    return this.#delivery.giveUpIdle();
  }

  // Whoever stops a group wants the others still.
  streamRefused(): void {}

  /** Says what the version has words for: what becomes of a subscription its stream tells too. */
  #say(reply: LiteSubscribeReply): void {
    const { version, metrics, events } = this.#context;
    try {
      this.#init.stream.send(version.messages.subscribeReply.encode(reply));
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      metrics.inexpressible.message++;
      const track = trackText(this.#init.opened.track.name);
      events.say("answer to a subscription left out", { track, reason: error.message });
    }
  }

  #leave(end: string | undefined): void {
    this.#over = true;
    this.#release();
    this.#init.opened.demand.release();
    this.#settle(end);
  }
}

/** What a subscription's stream is reset with at the end of its track. */
const ENDS: { readonly [Kind in TrackEnd["kind"]]?: StreamErrorName } = {
  malformed: "malformed_track",
  going_away: "going_away",
  excessive_load: "excessive_load",
};
