/**
 * One object from a publisher's stream into the log, and as one view to each of N readers that keep
 * up: the relay's work for an object without the transport's.
 */
import { liteVersionOf } from "@qumo/shared/wire";
import { liteRenderer } from "../../relay/session/lite/dialect/renderer.ts";
import { LogCursor, type LogReader, type Renderer, type Rendering } from "../../relay/track/mod.ts";
import { NATIVE, World } from "../support/worlds/track_model.ts";

const OBJECT_BYTES = 1_200;
const READERS = [1, 50, 200];
const GROUP_OBJECTS = 600;
const NONE = new Uint8Array(0);
const PAYLOAD = new Uint8Array(OBJECT_BYTES).fill(7);

/** A reader as a pump is one, whose writes end at once. */
class Reader implements LogReader {
  readonly #cursor: LogCursor;

  constructor(rendering: Rendering) {
    this.#cursor = new LogCursor(rendering, 0);
  }

  wake(): void {
    const view = this.#cursor.next();
    if (view !== undefined) this.#cursor.advance(view.length);
  }

  evicted(): void {}
}

const LITE = liteRenderer(liteVersionOf("moq-lite-06")!);

/**
 * A track with `readers` readers of a dialect, to which objects can be written one after the other in
 * the publisher's.
 */
function live(readers: number, renderer: Renderer): () => void {
  const world = new World({ maxTrackBytes: 2 ** 24, maxGroupsPerTrack: 10 });
  const track = world.track();
  track.follow({
    subgroup(log) {
      const stream = renderer.hasWholeGroups === true
        ? track.renderings.wholeOf(log, renderer)!
        : log;
      const rendering = track.renderings.of(stream, renderer);
      for (let count = 0; count < readers; count++) stream.follow(new Reader(rendering));
    },
    datagram() {},
    ended() {},
  });
  let group = 0n;
  let id = 0;
  let writer = world.stream(track, { group });
  return () => {
    if (id === GROUP_OBJECTS) {
      writer.finish();
      writer = world.stream(track, { group: ++group });
      id = 0;
    }
    writer.object(id++, NONE, OBJECT_BYTES, 0);
    writer.payload(PAYLOAD);
    writer.flush();
  };
}

for (const readers of READERS) {
  for (const [renderer, dialect] of [[NATIVE, ""], [LITE, " of moq-lite"]] as const) {
    Deno.bench({
      name: `object to ${readers} readers${dialect}`,
      group: `${OBJECT_BYTES} bytes, ${GROUP_OBJECTS} objects a group`,
      fn: live(readers, renderer),
    });
  }
}
