import {
  ByteReader,
  decodeSubgroupHeader,
  isSubgroupType,
  ObjectHeaderDecoder,
  SHORT,
  vi64,
} from "@qumo/shared/wire";
import type { QuicTransport } from "../transport/quic_transport.ts";
import { referenceData } from "../reference_draft.ts";
import { concat } from "../concat.ts";

/**
 * Watches which objects come in on the streams of a session, beneath a library that drops in silence
 * what it did not expect. Told of each object, `alias/group/subgroup/object`, once its header came.
 */
export function tapObjects(transport: QuicTransport, came: (object: string) => void): void {
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
  const reader = new SubgroupReader(came);
  return new TransformStream({
    transform(bytes, controller) {
      reader.take(bytes);
      controller.enqueue(bytes);
    },
  });
}

// More than a subgroup's header takes.
const MAX_HEADER_BYTES = 64;

/** Reads the object headers of one stream; streams that carry no subgroup are skipped. */
class SubgroupReader {
  readonly #came: (object: string) => void;
  #kept = new Uint8Array();
  #decoder: ObjectHeaderDecoder | undefined;
  #name = "";
  #isOther = false;
  #payloadLeft = 0;

  constructor(came: (object: string) => void) {
    this.#came = came;
  }

  take(chunk: Uint8Array): void {
    if (this.#isOther) return;
    const bytes = concat([this.#kept, chunk]);
    let at = this.#decoder === undefined ? this.#begin(bytes) : 0;
    const decoder = this.#decoder;
    while (decoder !== undefined) {
      const skipped = Math.min(this.#payloadLeft, bytes.length - at);
      at += skipped;
      this.#payloadLeft -= skipped;
      if (this.#payloadLeft > 0) break;
      const payload = decoder.decode(bytes, at, bytes.length);
      if (payload === SHORT) break;
      at = payload;
      this.#payloadLeft = decoder.payloadLength;
      this.#came(`${this.#name}/${decoder.id}`);
    }
    this.#kept = bytes.slice(at);
  }

  #begin(bytes: Uint8Array): number {
    const reader = new ByteReader(bytes, vi64);
    try {
      const type = reader.varint();
      this.#isOther = !isSubgroupType(type, referenceData);
      if (this.#isOther) return bytes.length;
      const header = decodeSubgroupHeader(reader, type, referenceData);
      this.#name = `${header.alias}/${header.group}/${header.subgroup ?? "first"}`;
      this.#decoder = new ObjectHeaderDecoder(header.hasProperties, referenceData);
      return reader.offset;
    } catch (error) {
      // It may still become whole.
      if (bytes.length < MAX_HEADER_BYTES) return 0;
      throw error;
    }
  }
}
