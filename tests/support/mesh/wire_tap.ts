import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteReader,
  decodeSubgroupHeader,
  isSubgroupType,
  ObjectHeaderDecoder,
  SHORT,
  vi64,
} from "@qumo/shared/wire";
import type { SessionTransport } from "../transport/quic_transport.ts";
import { referenceData } from "../reference_draft.ts";

/**
 * Watches which objects come in on the streams of a session, beneath a library that drops in silence
 * what it did not expect. Told of each object, `alias/group/subgroup/object`, once its header came.
 */
export function tapObjects(transport: SessionTransport, came: (object: string) => void): void {
  const streams = transport.incomingUnidirectionalStreams as ReadableStream<
    ReadableStream<Uint8Array>
  >;
  const tapped = streams.pipeThrough(
    new TransformStream<ReadableStream<Uint8Array>, ReadableStream<Uint8Array>>({
      transform: (stream, controller) => controller.enqueue(stream.pipeThrough(tap(came))),
    }),
  );
  Object.assign(transport, { incomingUnidirectionalStreams: tapped });
}

function tap(came: (object: string) => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = new Uint8Array();
  let told = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes = joinBytes([bytes, chunk]);
      const objects = objectsIn(bytes);
      for (const object of objects.slice(told)) came(object);
      told = objects.length;
      controller.enqueue(chunk);
    },
  });
}

// More than a subgroup's header takes.
const MAX_HEADER_BYTES = 64;

/** The objects of which a stream that begins with these bytes has the header; none where it carries no subgroup. */
function objectsIn(bytes: Uint8Array): string[] {
  const reader = new ByteReader(bytes, vi64);
  const objects: string[] = [];
  try {
    const type = reader.varint();
    if (!isSubgroupType(type, referenceData)) return objects;
    const header = decodeSubgroupHeader(reader, type, referenceData);
    const decoder = new ObjectHeaderDecoder(header.hasProperties, referenceData);
    const subgroup = `${header.alias}/${header.group}/${header.subgroup ?? "first"}`;
    let at = decoder.decode(bytes, reader.offset, bytes.length);
    while (at !== SHORT) {
      objects.push(`${subgroup}/${decoder.id}`);
      at = decoder.decode(bytes, at + decoder.payloadLength, bytes.length);
    }
  } catch (error) {
    // It may still become whole.
    if (bytes.length >= MAX_HEADER_BYTES) throw error;
  }
  return objects;
}
