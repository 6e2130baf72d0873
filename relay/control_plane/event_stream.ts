import { type Clock, done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import { EventReader, type ServerEvent } from "@qumo/shared/topology";
import {
  KEEP_ALIVE_MS,
  MAX_EVENT_CHARACTERS,
  MAX_LINE_CHARACTERS,
  MISSED_KEEP_ALIVES,
} from "./limits.ts";

/** How a stream of events is read. */
export interface EventReading {
  readonly clock: Clock;
  /** Aborted when nothing comes for too long. */
  readonly abort: AbortController;
  /** Called when something has come. */
  readonly onHeard: () => void;
  /** Called with each event; "over" when the rest is not wanted. May throw. */
  readonly take: (event: ServerEvent) => "over" | undefined;
}

/** Reads a controller's events until they are over, or refuses with the reason why they ended. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  { clock, abort, onHeard, take }: EventReading,
): Promise<Outcome<void, string>> {
  const reader = new EventReader({ line: MAX_LINE_CHARACTERS, event: MAX_EVENT_CHARACTERS });
  const decoder = new TextDecoder();
  const quiet = KEEP_ALIVE_MS * MISSED_KEEP_ALIVES;
  const listen = () => clock.after(quiet, () => abort.abort(new Error(`no data for ${quiet} ms`)));
  let timer = listen();
  try {
    for await (const piece of body) {
      timer.cancel();
      timer = listen();
      onHeard();
      for (const event of reader.read(decoder.decode(piece, { stream: true }))) {
        if (take(event) === "over") return done(undefined);
      }
    }
    return refused("the controller ended the stream");
  } catch (error) {
    return refused(messageOf(error));
  } finally {
    timer.cancel();
  }
}
