import { type Clock, type Log, messageOf, sleep, type Timer } from "@qumo/shared/runtime";
import { EventReader, type ServerEvent } from "@qumo/shared/topology";
import type { ControllerClient } from "./controller_client.ts";
import { type Controllers, Retry } from "./controllers.ts";
import {
  KEEP_ALIVE_MS,
  MAX_EVENT_CHARACTERS,
  MAX_LINE_CHARACTERS,
  MAX_POLLED_ROUTES,
  MISSED_KEEP_ALIVES,
  POLL_MS,
  RETRY,
  STALE_MS,
} from "./limits.ts";
import type { Mirror } from "./mirror.ts";
import { readMirrorEvent } from "./mirror_event.ts";
import { poll } from "./poll.ts";

/** The dependencies of {@linkcode ControllerFollower}. */
export interface ControllerFollowerOptions {
  /** This relay's name, whose next hops are followed. */
  readonly name: string;
  readonly mirror: Mirror;
  readonly client: ControllerClient;
  readonly controllers: Controllers;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /**
   * An event stream has sent its snapshot; changes follow. `isAnew` when it started without a place
   * to resume from: the controller may then have lost this relay's registration.
   */
  readonly onReady: (isAnew: boolean) => void;
}

/**
 * The revision at which a stream stopped, and its controller: revisions of one controller mean
 * nothing to another.
 */
interface Place {
  readonly url: string;
  readonly revision: number;
}

/**
 * Why a stream ended: its revision is gone from the history, another controller is preferred, the
 * controller has no stream and was polled, or has no room for now, or the stream failed.
 */
type End =
  | { readonly kind: "gone" }
  | { readonly kind: "left" }
  | { readonly kind: "polled" }
  | {
    readonly kind: "put_off";
    readonly message: string;
    readonly retryAfterMs: number | undefined;
  }
  | { readonly kind: "failed"; readonly message: string };

/** The event stream that is being followed. */
interface Stream {
  readonly url: string;
  readonly abort: AbortController;
  isLeft: boolean;
}

/**
 * Updates the mirror by following a controller's event stream: from where the previous stream
 * stopped if possible, otherwise from a snapshot. It owns every retry of the stream.
 */
export class ControllerFollower {
  readonly #options: ControllerFollowerOptions;
  readonly #retry: Retry;
  #place: Place | undefined;
  #stream: Stream | undefined;
  #waiting: AbortController | undefined;
  #settling: Timer | undefined;
  #heardAt: number | undefined;
  #wasReady = false;
  #isLost = false;
  #isLeftOutSaid = false;
  #failures = 0;

  constructor(options: ControllerFollowerOptions) {
    this.#options = options;
    this.#retry = new Retry(options.controllers, options);
  }

  /** The clock's time of the last message of a controller. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** Number of event streams that have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Heartbeats go to the controller at `url` now: follows that one. */
  prefer(url: string): void {
    const stream = this.#stream;
    if (stream === undefined || stream.url === url) return;
    stream.isLeft = true;
    stream.abort.abort();
  }

  /** A controller answers other requests again: ends a wait after a failure. */
  reachable(): void {
    this.#waiting?.abort();
  }

  /** Follows controllers until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { controllers, random } = this.#options;
    while (!signal.aborted) {
      const url = controllers.current;
      const end = await this.#follow(url, signal);
      if (end.kind === "polled") {
        await this.#wait(POLL_MS, signal);
        continue;
      }
      this.#options.mirror.unfollow();
      // Stale entries are kept for as long as no controller answers.
      this.#stopSettling();
      if (signal.aborted || end.kind === "left") continue;
      if (end.kind === "gone") {
        this.#place = undefined;
        // All relays of a restarted controller reconnect at the same moment, so spread them.
        await this.#wait(random() * RETRY.first, signal);
        continue;
      }
      this.#tellLost(url, end.message);
      const wait = this.#retry.failed();
      if (end.kind === "put_off") {
        const asked = this.#retry.putOff(end.retryAfterMs ?? 0);
        await this.#wait(Math.max(wait, asked), signal);
        continue;
      }
      controllers.failed(url);
      await this.#wait(wait, signal);
    }
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting = new AbortController();
    await sleep(this.#options.clock, milliseconds, AbortSignal.any([signal, waiting.signal]));
    this.#waiting = undefined;
  }

  async #follow(url: string, signal: AbortSignal): Promise<End> {
    const { client, name } = this.#options;
    const since = this.#place?.url === url ? this.#place.revision : undefined;
    const scope = encodeURIComponent(`graph,announces,routes:${encodeURIComponent(name)}`);
    const place = since === undefined ? "" : `&since=${since}`;
    const stream = { url, abort: new AbortController(), isLeft: false };
    const opened = await client.open({
      url,
      method: "GET",
      path: `/watch?scope=${scope}${place}`,
      headers: { accept: "text/event-stream" },
      signal: AbortSignal.any([signal, stream.abort.signal]),
    });
    if (!opened.ok) {
      const { code, message, retryAfterMs } = opened.refusal;
      if (code === "not_understood") return await this.#poll(url, signal);
      if (code === "rate_limited") return { kind: "put_off", message, retryAfterMs };
      return code === "history_gone" && since !== undefined ? GONE : failed(message);
    }
    const isStream = opened.value.headers.get("content-type")?.startsWith("text/event-stream");
    if (!isStream || opened.value.body === null) {
      await opened.value.body?.cancel();
      return failed("the answer is not an event stream");
    }
    this.#begin(url, since);
    this.#stream = stream;
    const end = await this.#read(opened.value.body, stream);
    this.#stream = undefined;
    return stream.isLeft ? LEFT : end;
  }

  /** Polls the whole state of an older controller, which has no event stream. */
  async #poll(url: string, signal: AbortSignal): Promise<End> {
    const onLeftOut = (count: number) => this.#tellLeftOut(url, count);
    const polled = await poll({ ...this.#options, onLeftOut }, url, signal);
    if (!polled.ok) return failed(polled.refusal);
    this.#place = undefined;
    this.#heardAt = this.#options.clock.now();
    this.#isReady(url, 0);
    return POLLED;
  }

  #tellLeftOut(url: string, count: number): void {
    if (count > 0 && !this.#isLeftOutSaid) {
      this.#options.log.warn(
        "an older controller is asked for no more routes: tracks of the rest cannot come",
        {
          controller: url,
          asked: MAX_POLLED_ROUTES,
          left_out: count,
        },
      );
    }
    this.#isLeftOutSaid = count > 0;
  }

  #begin(url: string, since: number | undefined): void {
    if (since === undefined) this.#place = undefined;
    this.#options.mirror.begin(since === undefined ? "snapshot" : "place");
    this.#options.log.debug("following the controller", { controller: url, since });
  }

  async #read(body: ReadableStream<Uint8Array>, { url, abort }: Stream): Promise<End> {
    const { clock } = this.#options;
    const reader = new EventReader({ line: MAX_LINE_CHARACTERS, event: MAX_EVENT_CHARACTERS });
    const decoder = new TextDecoder();
    const quiet = KEEP_ALIVE_MS * MISSED_KEEP_ALIVES;
    const listen = () =>
      clock.after(quiet, () => abort.abort(new Error(`no data for ${quiet} ms`)));
    let timer = listen();
    try {
      for await (const piece of body) {
        timer.cancel();
        timer = listen();
        this.#heardAt = clock.now();
        for (const event of reader.read(decoder.decode(piece, { stream: true }))) {
          if (this.#take(event, url) === "gone") return GONE;
        }
      }
      return failed("the controller ended the stream");
    } catch (error) {
      return failed(messageOf(error));
    } finally {
      timer.cancel();
    }
  }

  #take(event: ServerEvent, url: string): "gone" | undefined {
    try {
      return this.#apply(event, url);
    } catch (error) {
      // An event that cannot be applied would come again at this place, so start with a snapshot.
      this.#place = undefined;
      throw error;
    }
  }

  #apply(event: ServerEvent, url: string): "gone" | undefined {
    const { mirror } = this.#options;
    const read = readMirrorEvent(event);
    if (!read.ok) throw new Error(`cannot read its events: ${read.refusal}`);
    const revision = event.id === undefined ? undefined : readRevision(event.id);
    // Several events may share a revision, so it is complete only when the next one starts.
    if (revision !== undefined && this.#place !== undefined) {
      this.#place = { url, revision: Math.max(this.#place.revision, revision - 1) };
    }
    if (read.value === undefined) return undefined;
    if (read.value.kind === "history_gone") return "gone";
    mirror.apply(read.value, revision);
    if (read.value.kind === "ready") this.#ready(url, read.value.revision);
    return undefined;
  }

  #ready(url: string, revision: number): void {
    const isAnew = this.#place === undefined && this.#wasReady;
    this.#wasReady = true;
    this.#place = { url, revision };
    this.#isReady(url, revision);
    this.#options.onReady(isAnew);
  }

  #isReady(url: string, revision: number): void {
    const { mirror, clock, log } = this.#options;
    this.#retry.succeeded();
    if (this.#isLost) log.info("following the controller again", { controller: url, revision });
    this.#isLost = false;
    if (!mirror.hasStale) return this.#stopSettling();
    this.#settling ??= clock.after(STALE_MS, () => {
      this.#settling = undefined;
      mirror.settle();
    });
  }

  #stopSettling(): void {
    this.#settling?.cancel();
    this.#settling = undefined;
  }

  #tellLost(url: string, message: string): void {
    this.#failures++;
    const { log, mirror } = this.#options;
    const fields = { controller: url, error: message, revision: mirror.revision };
    if (this.#isLost) log.debug("cannot follow the controller", fields);
    else if (mirror.revision > 0) {
      log.warn("cannot follow the controller: using the last known routes, retrying", fields);
    } else {log.warn(
        "cannot follow the controller: no routes yet, serving local tracks only, retrying",
        fields,
      );}
    this.#isLost = true;
  }
}

function readRevision(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new Error("an event without a revision");
  return Number(id);
}

const GONE: End = { kind: "gone" };
const LEFT: End = { kind: "left" };
const POLLED: End = { kind: "polled" };

function failed(message: string): End {
  return { kind: "failed", message };
}
