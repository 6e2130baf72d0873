/** The stream of a fetch, as scripted subscribers read it. */
import {
  ByteReader,
  type ControlMessageOf,
  decodeFetchHeader,
  type FetchDecoder,
  type FullTrackName,
  type GroupOrder,
  type Location,
  type ObjectDatagram,
  SHORT,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { ScriptedPeer } from "./scripted_peer.ts";
import type { IncomingStream } from "./scripted_streams.ts";

/** An object of a fetch, or the end of a range of which it says something else. */
export type FetchItem =
  & Pick<FetchDecoder, "kind" | "group" | "object" | "subgroup" | "priority">
  & Pick<ObjectDatagram, "properties" | "payload">;

/** What came on the next stream, which must be a fetch's, and how it ended. */
export async function nextFetch(peer: ScriptedPeer, order?: GroupOrder) {
  const stream = await peer.nextStream();
  assert.equal(stream.type, 0x05n, "A fetch's stream was expected");
  return await readFetchStream(stream, order);
}

/** As {@linkcode nextFetch}, in words: `3/0 text`, `unknown to 4/2`. */
export async function readFetch(peer: ScriptedPeer, order?: GroupOrder) {
  const { items, ...rest } = await nextFetch(peer, order);
  return { ...rest, items: items.map(inWords) };
}

/** Reads the stream of a fetch behind its type. */
export async function readFetchStream(stream: IncomingStream, order: GroupOrder = "ascending") {
  const { bytes, end } = await stream.whole();
  const dialect = stream.draft.data;
  const reader = new ByteReader(bytes, dialect.varint);
  reader.varint();
  const requestId = decodeFetchHeader(reader);
  const decoder = dialect.fetch.decoder(order, dialect);
  const items: FetchItem[] = [];
  for (let at = reader.offset; at < bytes.length;) {
    const next = decoder.decode(bytes, at, bytes.length);
    // Of a stream that was reset the last item may be a part.
    if (next === SHORT && end !== "fin") break;
    assert.notEqual(next, SHORT, "A fetch's stream ends within an object's header");
    const { kind, group, object, subgroup, priority, propertiesStart, propertiesEnd } = decoder;
    at = next + (kind === "object" ? decoder.payloadLength : 0);
    assert.ok(at <= bytes.length || end !== "fin", "A fetch's stream ends within a payload");
    const properties = bytes.subarray(propertiesStart, propertiesEnd);
    const payload = bytes.subarray(next, at);
    items.push({ kind, group, object, subgroup, priority, properties, payload });
  }
  return { requestId, items, end };
}

/** The range that a FETCH asks for, however its draft says it. */
export function rangeOf(
  { range, parameters: { filter } }: ControlMessageOf<"fetch">,
): { readonly track: FullTrackName; readonly start: Location; readonly end: Location } {
  if (range.type === "standalone") {
    return { track: range.track, start: range.start, end: range.end };
  }
  assert.ok(range.type === "filtered" && filter?.type === "absolute_range");
  const { start, endGroup: group, endObject: object = WHOLE_GROUP } = filter;
  return { track: range.track, start, end: { group, object } };
}

/** Why something is unknown, not every draft says. */
function inWords({ kind, group, object, payload }: FetchItem): string {
  if (kind === "timed_out") return `unknown to ${group}/${object}`;
  if (kind !== "object") return `${kind} to ${group}/${object}`;
  return `${group}/${object} ${new TextDecoder().decode(payload)}`;
}
