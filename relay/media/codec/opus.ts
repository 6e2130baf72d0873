import { MediaError } from "../errors.ts";
import type { AudioConfig } from "../frame.ts";

const MAGIC = "OpusHead";

/** Every decoder of Opus gives so many samples a second. */
const RATE = 48_000;

/** What a decoder has to know of Opus, from an OpusHead (RFC 7845, 5.1). */
export function opusConfig(head: Uint8Array): AudioConfig {
  const magic = new TextDecoder().decode(head.subarray(0, MAGIC.length));
  if (head.length < 19 || magic !== MAGIC) throw new MediaError("This is no OpusHead");
  const channels = head[9]!;
  if (channels === 0) throw new MediaError("An OpusHead has no channels");
  // One or two channels need no description, and their packets come as they are.
  const needsHead = head[18] !== 0;
  return {
    kind: "audio",
    codec: "opus",
    ...(needsHead && { description: head }),
    sampleRate: RATE,
    channels,
  };
}
