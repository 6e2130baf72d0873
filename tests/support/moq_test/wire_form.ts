import { ByteWriter, type FullTrackName, vi64 } from "@qumo/shared/wire";
import type { RequestStream } from "../peers/scripted_streams.ts";
import { trackOf as trackCalled } from "../peers/scripted_peer.ts";
import { namespaceOf, type TestTrack, TRACK_NAME, trackOf } from "./track.ts";

/** The priority of whatever says nothing of its own, as the tracks' properties say. */
export const DEFAULT_PRIORITY = 100;

const OBJECT_DELIVERY_TIMEOUT = 0x02;
const DEFAULT_PUBLISHER_PRIORITY = 0x0e;

/** What this track is called. */
export function nameOf(track: TestTrack): FullTrackName {
  return trackCalled(namespaceOf(track).join("/"), TRACK_NAME);
}

/** The moq-test-00 track of this name, if there is one. */
export function trackNamed({ namespace, name }: FullTrackName): TestTrack | undefined {
  const text = new TextDecoder();
  if (text.decode(name) !== TRACK_NAME) return undefined;
  return trackOf(namespace.map((field) => text.decode(field)));
}

/** The properties of the track: its priority, and its delivery timeout where it has one. */
export function propertiesOf({ deliveryTimeout }: TestTrack): Uint8Array {
  const writer = new ByteWriter(vi64);
  const timeout = deliveryTimeout === 0 ? 0 : OBJECT_DELIVERY_TIMEOUT;
  if (timeout > 0) {
    writer.count(timeout);
    writer.count(deliveryTimeout);
  }
  writer.count(DEFAULT_PUBLISHER_PRIORITY - timeout);
  writer.count(DEFAULT_PRIORITY);
  return writer.finish();
}

/** Says that there is no such track. */
export async function refuse(request: RequestStream): Promise<void> {
  await request.sendError("does_not_exist", "no such track");
  await request.finish();
}
