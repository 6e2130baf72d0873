import { done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import { EventReader, type ServerEvent } from "@qumo/shared/topology";
import { MAX_EVENT_CHARACTERS, MAX_LINE_CHARACTERS } from "./limits.ts";

/** How a stream of events is read. */
export interface EventReading {
  /** Called when something has come. */
  readonly onHeard: () => void;
  /** Called with each event; "over" when the rest is not wanted. May throw. */
  readonly take: (event: ServerEvent) => "over" | undefined;
}

/** Reads a controller's events until they are over, or refuses with the reason why they ended. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  { onHeard, take }: EventReading,
): Promise<Outcome<void, string>> {
  const reader = new EventReader({ line: MAX_LINE_CHARACTERS, event: MAX_EVENT_CHARACTERS });
  const decoder = new TextDecoder();
  try {
    for await (const piece of body) {
      onHeard();
      for (const event of reader.read(decoder.decode(piece, { stream: true }))) {
        if (take(event) === "over") return done(undefined);
      }
    }
    return refused("the controller ended the stream");
  } catch (error) {
    return refused(messageOf(error));
  }
}
