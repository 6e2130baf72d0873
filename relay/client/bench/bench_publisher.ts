import type { Clock } from "@qumo/shared/runtime";
import {
  commonDraft,
  DEFAULT_TRACK_PROPERTIES,
  liteTrackBlock,
  type Namespace,
  NO_PROPERTIES,
} from "@qumo/shared/wire";
import { LocalPublisher } from "../../media/ingest/local_publisher.ts";
import { objectOf } from "../../media/ingest/media_track.ts";
import { type KeptBytes, PublishedTrack } from "../../media/ingest/published_track.ts";
import { rendererOf } from "../../session/moqt/dialect/renderer.ts";
import type { ClientSession } from "../client_session.ts";
import { writeStamp } from "./bench_payload.ts";
import type { BenchSettings } from "./bench_settings.ts";
import { Pace } from "./pace.ts";

/** The name of a publisher's track. */
export const trackName = (index: number): Uint8Array => new TextEncoder().encode(`track${index}`);

/** Publishes stamped objects on some tracks of one session. */
export class BenchPublisher {
  readonly #tracks: PublishedTrack[];
  readonly #settings: BenchSettings;
  readonly #clock: Clock;
  readonly #withdraw: () => void;
  #sent = 0;
  #pace: Pace | undefined;
  #isOver = false;

  constructor(
    session: ClientSession,
    namespace: Namespace,
    { settings, clock }: { readonly settings: BenchSettings; readonly clock: Clock },
  ) {
    const renderer = rendererOf(commonDraft.data);
    const publisher = new LocalPublisher({
      id: 1,
      relayName: "",
      scope: session.scope,
      renderer,
      metrics: session.metrics,
      clock,
      onDrop: () => {},
    });
    // Who joins has the group from its beginning.
    const kept: KeptBytes = { bytes: 0, max: Infinity };
    this.#settings = settings;
    this.#clock = clock;
    this.#tracks = Array.from({ length: settings.tracks }, (_, index) => {
      const track = new PublishedTrack({
        name: { namespace, name: trackName(index) },
        block: liteTrackBlock(DEFAULT_TRACK_PROPERTIES),
        properties: DEFAULT_TRACK_PROPERTIES,
        clock,
        renderer,
        kept,
      });
      publisher.add(track);
      return track;
    });
    this.#withdraw = session.scope.advertise(namespace, publisher);
  }

  /** Objects that were sent on each track. */
  get sent(): number {
    return this.#sent;
  }

  /** How late it was with an object since the last call, in milliseconds. */
  lateness(): number {
    return this.#pace?.lateness(this.#clock.now()) ?? 0;
  }

  /** Sends an object on each track at the rate of the settings, from `delay` milliseconds on. */
  start(delay: number): void {
    const pace = this.#pace = new Pace(this.#settings.rate, this.#clock.now() + delay);
    const next = () => {
      if (this.#isOver) return;
      this.#send();
      pace.sent(this.#clock.now());
      this.#clock.after(Math.max(0, pace.due - this.#clock.now()), next);
    };
    this.#clock.after(delay, next);
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isOver = true;
  }

  /** Ends the tracks. */
  end(): void {
    this.stop();
    for (const track of this.#tracks) track.end({ kind: "ended", reason: "the bench is over" });
    this.#withdraw();
  }

  #send(): void {
    const { group, size } = this.#settings;
    const number = this.#sent++;
    for (const track of this.#tracks) {
      if (number % group === 0) track.begin();
      const payload = new Uint8Array(size);
      writeStamp(payload, { number, sentAt: this.#clock.now() });
      track.write(objectOf(NO_PROPERTIES, [payload]));
    }
  }
}
