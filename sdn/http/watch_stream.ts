import type { WatchFeed } from "../control/use_cases.ts";
import {
  comment,
  type EventEncoder,
  opening,
  type Piece,
  type StreamForm,
} from "./event_encoder.ts";
import { GzipEnd } from "./gzip_sum.ts";
import type { KeepAlives } from "./keep_alives.ts";
import { MAX_WRITE_LENGTH } from "./limits.ts";

/** The reconnection delay sent to clients, in milliseconds. */
const RETRY_MS = 1000;

const OPENING = {
  plain: opening(`retry: ${RETRY_MS}\n\n`, "plain"),
  gzip: opening(`retry: ${RETRY_MS}\n\n`, "gzip"),
};
const STILL_HERE = {
  plain: comment("still here", "plain"),
  gzip: comment("still here", "gzip"),
};

/** What a stream needs beside its feed. */
export interface StreamTools {
  readonly form: StreamForm;
  readonly encoder: EventEncoder;
  readonly keepAlives: KeepAlives;
  /** Called once when the stream has ended or its client left. */
  readonly onEnd: () => void;
}

/**
 * The body of a watcher's answer: its events as the client reads them, and a comment when there has
 * been none for a while. A client that does not read holds one list of events, which it shares.
 */
export class WatchStream implements UnderlyingDefaultSource<Uint8Array> {
  readonly #tools: StreamTools;
  #feed: WatchFeed | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** What was taken from the feed, and how much of it is written. */
  #bytes: Uint8Array = NOTHING;
  #written = 0;
  readonly #gzip: GzipEnd | undefined;
  /** Whether the client waits for what is next. */
  #isIdle = false;
  /** The place that was told last. */
  #place: number | undefined;
  /** Who follows little resumes where it is, not at the last change that it was told long ago. */
  readonly #quiet = () => {
    if (!this.#isIdle) return;
    const { form, encoder } = this.#tools;
    const place = this.#feed?.place() ?? [];
    const isNews = place.length > 0 && place[0]?.id !== this.#place;
    this.#place = place[0]?.id;
    this.#enqueue(this.#begun(isNews ? encoder.events(place, form) : STILL_HERE[form]));
  };

  constructor(tools: StreamTools) {
    this.#tools = tools;
    this.#gzip = tools.form === "gzip" ? new GzipEnd() : undefined;
  }

  get form(): StreamForm {
    return this.#tools.form;
  }

  /** Streams this feed, whose news are to call {@linkcode WatchStream.hasNews}. */
  begin(feed: WatchFeed): ReadableStream<Uint8Array> {
    this.#feed = feed;
    return new ReadableStream(this);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#enqueue(this.#begun(OPENING[this.#tools.form]));
  }

  pull(): void {
    this.#isIdle = true;
    this.hasNews();
  }

  cancel(): void {
    this.#end();
  }

  /** Ends the stream from this side. */
  stop(): void {
    if (this.#feed === undefined) return;
    this.#end();
    // A file of gzip has an end, and what was begun of it is whole.
    if (this.#gzip !== undefined) {
      if (this.#written < this.#bytes.length) {
        this.#controller?.enqueue(this.#bytes.subarray(this.#written));
      }
      this.#controller?.enqueue(this.#gzip.bytes());
    }
    this.#controller?.close();
  }

  /** The feed may have more. */
  hasNews(): void {
    if (!this.#isIdle || this.#feed === undefined) return;
    if (this.#written === this.#bytes.length) this.#take();
    if (this.#written < this.#bytes.length) {
      const end = Math.min(this.#bytes.length, this.#written + MAX_WRITE_LENGTH);
      const piece = this.#bytes.subarray(this.#written, end);
      this.#written = end;
      this.#enqueue(piece);
    } else if (this.#feed.isOver) this.stop();
  }

  #take(): void {
    const events = this.#feed!.take();
    this.#written = 0;
    this.#bytes = events.length === 0
      ? NOTHING
      : this.#begun(this.#tools.encoder.events(events, this.#tools.form));
  }

  /** The bytes of a piece, all of which will be written. */
  #begun({ bytes, sum }: Piece): Uint8Array {
    if (sum !== undefined) this.#gzip?.add(sum);
    return bytes;
  }

  #enqueue(bytes: Uint8Array): void {
    this.#isIdle = false;
    this.#tools.keepAlives.heard(this.#quiet);
    this.#controller?.enqueue(bytes);
  }

  #end(): void {
    const feed = this.#feed;
    if (feed === undefined) return;
    this.#feed = undefined;
    this.#isIdle = false;
    this.#tools.keepAlives.leave(this.#quiet);
    feed.close();
    this.#tools.onEnd();
  }
}

const NOTHING = new Uint8Array();
