import { type Clock, type Log, type Outcome, sleep, type Timer } from "@qumo/shared/runtime";
import type { AccessListener } from "./access_events.ts";
import type { Interests } from "./interests.ts";
import type { ControllerClient, ControllerFault } from "./controller_client.ts";
import type { Controllers } from "./controllers.ts";
import { FollowRetry } from "./follow_retry.ts";
import {
  broken,
  type End,
  failed,
  GONE,
  leave,
  LEFT,
  newStream,
  notOpened,
  POLLED,
  type Stream,
} from "./followed_stream.ts";
import { readEvents } from "./event_stream.ts";
import { MAX_POLLED_ROUTES, POLL_MS, STALE_MS } from "./limits.ts";
import type { Mirror } from "./mirror.ts";
import { poll } from "./poll.ts";
import { ResumePlace } from "./resume_place.ts";
import { StreamEvents } from "./stream_events.ts";
import { openWatch, type WatchRequest } from "./watch_request.ts";
import { watchStream } from "./watchdog.ts";

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
  /** What is followed of the announces; absent: all of them. */
  readonly interests?: Interests;
  /** Up to how many announces all of them are followed. */
  readonly mirrorAllUpTo?: number;
  /** Receives what the controller says about access; absent: it is not asked. */
  readonly access?: AccessListener;
  /**
   * An event stream has sent its snapshot; changes follow. `isAnew` when it started without a place
   * to resume from: the controller may then have lost this relay's registration.
   */
  readonly onReady: (isAnew: boolean) => void;
}

/**
 * Updates the mirror by following a controller's event stream: from where the previous stream
 * stopped if possible, otherwise from a snapshot. It owns every retry of the stream.
 */
export class ControllerFollower {
  readonly #options: ControllerFollowerOptions;
  readonly #retry: FollowRetry;
  readonly #allUpTo: number;
  readonly #place = new ResumePlace();
  #stream: Stream | undefined;
  #waiting: AbortController | undefined;
  #settling: Timer | undefined;
  #heardAt: number | undefined;
  #wasReady = false;
  #isLost = false;
  #wasAway = false;
  #isLeftOutSaid = false;
  #failures = 0;

  constructor(options: ControllerFollowerOptions) {
    this.#options = options;
    this.#retry = new FollowRetry(options.controllers, options);
    // Relays notice at different sizes, not all at the same moment.
    this.#allUpTo = (options.mirrorAllUpTo ?? Infinity) * (1 + options.random());
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
    if (this.#stream?.url !== url) this.reopen();
  }

  /** Begins the event stream anew, where it stopped. */
  reopen(): void {
    if (this.#stream !== undefined) leave(this.#stream);
  }

  /** A controller answers other requests again: ends a wait after a failure. */
  reachable(): void {
    this.#waiting?.abort();
  }

  /** Follows controllers until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { controllers } = this.#options;
    while (!signal.aborted) {
      const url = controllers.current;
      const end = await this.#follow(url, signal);
      if (end.kind === "polled") {
        await this.#wait(POLL_MS, signal);
        continue;
      }
      this.#options.mirror.unfollow();
      this.#options.interests?.lost();
      // Stale entries are kept for as long as no controller answers.
      this.#stopSettling();
      if (signal.aborted || end.kind === "left") continue;
      if (end.kind === "gone") this.#place.forget();
      else this.#tellLost(url, end.message);
      await this.#wait(this.#retry.after(url, end), signal);
    }
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting = new AbortController();
    await sleep(this.#options.clock, milliseconds, AbortSignal.any([signal, waiting.signal]));
    this.#waiting = undefined;
  }

  async #follow(url: string, signal: AbortSignal): Promise<End> {
    const { name, interests, mirror, mirrorAllUpTo = 0 } = this.#options;
    const since = this.#place.since(url);
    const stream = newStream(url, { since, wasAway: this.#wasAway });
    const either = AbortSignal.any([signal, stream.abort.signal]);
    const allUpTo = mirror.announceCount > this.#allUpTo ? 0 : mirrorAllUpTo;
    const request = { url, name, since, interests, allUpTo, signal: either };
    const watchdog = watchStream(stream, this.#options);
    const opened = await this.#open(request, stream);
    await watchdog.stop();
    this.#wasAway = !opened.ok && opened.refusal.code === "unreachable" && !stream.isAnswered;
    if (!opened.ok) {
      const { code } = opened.refusal;
      if (code === "not_understood") return await this.#poll(url, signal);
      if (code === "history_gone" && since !== undefined) return GONE;
      return notOpened(stream, opened.refusal);
    }
    const isStream = opened.value.headers.get("content-type")?.startsWith("text/event-stream");
    if (!isStream || opened.value.body === null) {
      await opened.value.body?.cancel();
      return failed("the answer is not an event stream");
    }
    this.#begin(stream);
    this.#stream = stream;
    const end = await this.#read(opened.value, stream);
    this.#stream = undefined;
    return stream.isLeft ? LEFT : end;
  }

  /** Asks for access too, where the controller has it. */
  async #open(
    request: Omit<WatchRequest, "access">,
    stream: Stream,
  ): Promise<Outcome<Response, ControllerFault>> {
    const { client, access } = this.#options;
    if (access !== undefined) {
      const opened = await openWatch(client, { ...request, access: true });
      stream.hasAccess = opened.ok;
      // What an older controller answers.
      if (opened.ok || opened.refusal.code !== "bad_request") return opened;
    }
    return await openWatch(client, { ...request, access: false });
  }

  /** Polls the whole state of an older controller, which has no event stream. */
  async #poll(url: string, signal: AbortSignal): Promise<End> {
    const onLeftOut = (count: number) => this.#tellLeftOut(url, count);
    this.#place.forget();
    this.#options.interests?.begun("all");
    const polled = await poll({ ...this.#options, onLeftOut }, url, signal);
    if (!polled.ok) return failed(polled.refusal);
    this.#options.interests?.ready();
    this.#options.access?.unsupported();
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

  #begin({ url, since }: Stream): void {
    if (since === undefined) this.#place.forget();
    this.#options.mirror.begin(since === undefined ? "snapshot" : "place");
    this.#options.log.debug("following the controller", { controller: url, since });
  }

  async #read(response: Response, stream: Stream): Promise<End> {
    const { clock, mirror, client, interests, access } = this.#options;
    const [place, allUpTo] = [this.#place, this.#allUpTo];
    const onReady = (revision: number) => this.#ready(stream, revision);
    const parts = { clock, mirror, client, place, interests, allUpTo, access, onReady };
    const events = new StreamEvents(stream, parts);
    const watchdog = watchStream(stream, this.#options, this.#retry.intervalOf(response));
    const end = await readEvents(response.body!, {
      onHeard: () => {
        this.#heardAt = clock.now();
        watchdog.heard();
      },
      take: (event) => events.take(event),
    });
    await watchdog.stop();
    await events.close();
    if (end.ok) return GONE;
    this.#wasAway = stream.answering === undefined;
    return broken(stream, end.refusal);
  }

  #ready({ url, since }: Stream, revision: number): void {
    const isAnew = since === undefined && this.#wasReady;
    this.#wasReady = true;
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
