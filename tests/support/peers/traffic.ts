import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Deadline } from "../deadline.ts";
import type { PublishedGroup, Watch, WatchedObject } from "./peer.ts";

/** `size` bytes that differ from place to place, so that what is mixed up is noticed. */
export function payloadOf(group: number, object: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => 31 * group + 7 * object + index);
}

/** Writes the objects `from` to `to` of a group, the latter not included, of this size each. */
export async function writeObjects(
  group: PublishedGroup,
  from: number,
  to: number,
  size = 100,
): Promise<void> {
  for (let object = from; object < to; object++) {
    await group.write(payloadOf(group.id, object, size));
  }
}

/** The length and the digest of a payload: a difference byte by byte takes minutes and gigabytes. */
export function payloadInWords(payload: Uint8Array): string {
  const digest = createHash("sha256").update(payload).digest("hex").slice(0, 16);
  return `${payload.length} bytes, ${digest}`;
}

function inWords(object: WatchedObject | undefined): string {
  if (object === undefined) return "the end of the track";
  return `${object.group}/${object.object}: ${payloadInWords(object.payload)}`;
}

/** Reads the objects that {@linkcode writeObjects} wrote, each of which must come next. */
export async function readObjects(
  watch: Pick<Watch, "next">,
  group: number,
  from: number,
  to: number,
  deadline: Deadline,
  size = 100,
): Promise<void> {
  for (let object = from; object < to; object++) {
    const found = await deadline.for(`object ${group}/${object}`, watch.next());
    const wanted = { group, object, payload: payloadOf(group, object, size) };
    assert.equal(inWords(found), inWords(wanted));
  }
}
