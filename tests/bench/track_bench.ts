/**
 * One object from a publisher's stream into the log, and as one view to each of N readers that keep
 * up: the relay's work for an object without the transport's.
 */
import { LogCursor, type LogReader, type SubgroupLog } from "../../relay/track/mod.ts";
import { NATIVE, World } from "../support/worlds/track_model.ts";

const OBJECT_BYTES = 1_200;
const READERS = [1, 50, 200];
const GROUP_OBJECTS = 600;
const NONE = new Uint8Array(0);
const PAYLOAD = new Uint8Array(OBJECT_BYTES).fill(7);

/** A reader as a pump is one, whose writes end at once. */
class Reader implements LogReader {
  readonly #cursor: LogCursor;

  constructor(log: SubgroupLog) {
    this.#cursor = new LogCursor(log.renderingOf(NATIVE)!, 0);
    log.follow(this);
  }

  wake(): void {
    const view = this.#cursor.next();
    if (view !== undefined) this.#cursor.advance(view.length);
  }

  evicted(): void {}
}

/** A track with `readers` readers, to which objects can be written one after the other. */
function live(readers: number): () => void {
  const world = new World({ maxTrackBytes: 2 ** 24, maxGroupsPerTrack: 10 });
  const track = world.track();
  track.follow({
    subgroup(log) {
      for (let count = 0; count < readers; count++) new Reader(log);
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
  const write = live(readers);
  Deno.bench({
    name: `object to ${readers} readers`,
    group: `${OBJECT_BYTES} bytes, ${GROUP_OBJECTS} objects a group`,
    fn: write,
  });
}
