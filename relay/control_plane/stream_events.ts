import type { Clock, Timer } from "@qumo/shared/runtime";
import type { ServerEvent } from "@qumo/shared/topology";
import { type AccessListener, hearAccess } from "./access_events.ts";
import type { ControllerClient } from "./controller_client.ts";
import { leave, type Stream } from "./followed_stream.ts";
import { sendInterests } from "./interest_sender.ts";
import type { Interests } from "./interests.ts";
import { READY_MS } from "./limits.ts";
import type { Mirror } from "./mirror.ts";
import { readMirrorEvent } from "./mirror_event.ts";
import type { ResumePlace } from "./resume_place.ts";

/** What {@linkcode StreamEvents} works with. */
export interface StreamEventsOptions {
  readonly mirror: Mirror;
  readonly client: ControllerClient;
  readonly clock: Clock;
  readonly place: ResumePlace;
  readonly interests: Interests | undefined;
  /** Above how many announces the stream is left for one with fewer of them. */
  readonly allUpTo: number;
  readonly access: AccessListener | undefined;
  /** The stream has told what it began with, up to this revision. */
  readonly onReady: (revision: number) => void;
}

/**
 * Applies the events of one stream to the mirror, and tells the controller what to follow for as
 * long as it lasts. Ends a stream that does not become ready in time.
 */
export class StreamEvents {
  readonly #stream: Stream;
  readonly #options: StreamEventsOptions;
  readonly #unready: Timer;
  /** The stream's name at a controller that can be told what to follow. */
  #watcher: string | undefined;
  #sending: Promise<void> | undefined;

  constructor(stream: Stream, options: StreamEventsOptions) {
    this.#stream = stream;
    this.#options = options;
    const late = () =>
      stream.abort.abort(new Error(`not everything was told within ${READY_MS} ms`));
    this.#unready = options.clock.after(READY_MS, late);
  }

  /** Applies the next event; "over" when the rest is not wanted. Throws for one that cannot be applied. */
  take(event: ServerEvent): "over" | undefined {
    try {
      return this.#apply(event);
    } catch (error) {
      // It would come again at this place, so start with a snapshot.
      this.#options.place.forget();
      throw error;
    }
  }

  /** Ends the stream and what is told to the controller. */
  async close(): Promise<void> {
    this.#unready.cancel();
    this.#stream.abort.abort();
    await this.#sending;
  }

  #apply(event: ServerEvent): "over" | undefined {
    const { mirror, place, interests, access } = this.#options;
    if (access !== undefined && hearAccess(event, access)) return undefined;
    const read = readMirrorEvent(event);
    if (!read.ok) throw new Error(`cannot read its events: ${read.refusal}`);
    const revision = event.id === undefined ? undefined : readRevision(event.id);
    if (revision !== undefined) place.passed(revision);
    if (read.value === undefined) return undefined;
    if (read.value.kind === "history_gone") return "over";
    if (read.value.kind === "watcher") {
      this.#watcher = read.value.watcher;
      interests?.begun(read.value.follows);
    }
    mirror.apply(read.value, revision);
    if (read.value.kind === "interests") interests?.knows(read.value.number);
    if (read.value.kind === "ready") this.#ready(read.value.revision);
    this.#lookForGrowth();
    return undefined;
  }

  #ready(revision: number): void {
    const { place, interests, access, onReady } = this.#options;
    this.#unready.cancel();
    if (!this.#stream.hasAccess) access?.unsupported();
    interests?.ready();
    if (interests?.follows === "interests") this.#sending = this.#send(interests);
    place.reached(this.#stream.url, revision);
    onReady(revision);
  }

  /** There are more announces now than are followed as a whole. */
  #lookForGrowth(): void {
    const { interests, mirror, allUpTo } = this.#options;
    if (this.#watcher === undefined || interests?.follows !== "all") return;
    if (mirror.isFollowed && mirror.announceCount > allUpTo) leave(this.#stream);
  }

  /** Tells the controller what to follow as that changes. */
  async #send(interests: Interests): Promise<void> {
    const { client, clock, place } = this.#options;
    const { url, abort } = this.#stream;
    const watcher = this.#watcher;
    if (watcher === undefined) return;
    const end = await sendInterests({ client, clock, interests, url, watcher }, abort.signal);
    if (end.ok) return;
    // Where changes go astray, a stream that begins with everything is whole all the same.
    if (end.refusal.code === "not_found") place.forget();
    if (interests.isWide) leave(this.#stream);
    else abort.abort(new Error(end.refusal.message));
  }
}

/** Reads the revision in the id of an event, or throws. */
function readRevision(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new Error("an event without a revision");
  return Number(id);
}
