/**
 * What an object's header costs, without its payload. Run with `deno bench tests/bench/wire_bench.ts`;
 * every iteration is a stream of 1000 objects, so that nanoseconds of a header are the microseconds
 * that are printed.
 */
import {
  ByteReader,
  decodeDatagram,
  decodeSubgroupHeader,
  encodeDatagram,
  encodeSubgroupHeader,
  MAX_OBJECT_HEADER_BYTES,
  ObjectHeaderDecoder,
  objectHeaderSize,
  SHORT,
  vi64,
  writeObjectHeader,
} from "@qumo/shared/wire";
import { referenceData } from "../support/reference_draft.ts";

const OBJECTS = 1000;
const PAYLOAD_BYTES = 1200;
/** A timestamp, as media has it on every object. */
const PROPERTIES = Uint8Array.fromHex("10f80123456789");

/** The headers of a stream, without payloads between them. */
function headers(hasProperties: boolean): Uint8Array {
  const properties = hasProperties ? PROPERTIES : undefined;
  const size = objectHeaderSize(
    0,
    hasProperties,
    properties,
    PAYLOAD_BYTES,
    0,
    referenceData.varint,
  );
  const bytes = new Uint8Array(size * OBJECTS);
  for (let at = 0; at < bytes.length;) {
    at = writeObjectHeader(
      bytes,
      at,
      0,
      hasProperties,
      properties,
      PAYLOAD_BYTES,
      0,
      referenceData.varint,
    );
  }
  return bytes;
}

for (const hasProperties of [false, true]) {
  const name = hasProperties ? "with properties" : "without properties";
  const bytes = headers(hasProperties);
  const properties = hasProperties ? PROPERTIES : undefined;

  Deno.bench(`decode 1000 object headers ${name}`, { group: "decode" }, () => {
    const decoder = new ObjectHeaderDecoder(hasProperties, referenceData);
    let at = 0;
    while (at < bytes.length) {
      at = decoder.decode(bytes, at, bytes.length);
      if (at === SHORT) throw new Error("The bench's own bytes are short");
    }
  });

  const into = new Uint8Array(MAX_OBJECT_HEADER_BYTES);
  Deno.bench(`size and write 1000 object headers ${name}`, { group: "encode" }, () => {
    for (let object = 0; object < OBJECTS; object++) {
      objectHeaderSize(0, hasProperties, properties, PAYLOAD_BYTES, 0, referenceData.varint);
      writeObjectHeader(
        into,
        0,
        0,
        hasProperties,
        properties,
        PAYLOAD_BYTES,
        0,
        referenceData.varint,
      );
    }
  });
}

const writer = referenceData.fetch.writer("ascending", referenceData);
const fetchObject = { group: 7n, subgroup: 0n, priority: 128, properties: undefined };
const fetchBytes = Uint8Array.from(
  Array.from(
    { length: OBJECTS },
    (_, object) => [...writer.object({ ...fetchObject, object, payloadLength: PAYLOAD_BYTES })],
  ).flat(),
);

Deno.bench("decode 1000 fetch object headers", { group: "decode" }, () => {
  const decoder = referenceData.fetch.decoder("ascending", referenceData);
  let at = 0;
  while (at < fetchBytes.length) at = decoder.decode(fetchBytes, at, fetchBytes.length);
});

Deno.bench("write 1000 fetch object headers", { group: "encode" }, () => {
  const writer = referenceData.fetch.writer("ascending", referenceData);
  for (let object = 0; object < OBJECTS; object++) {
    writer.object({ ...fetchObject, object, payloadLength: PAYLOAD_BYTES });
  }
});

const header = {
  alias: 2n,
  group: 1_000_000n,
  subgroup: 0n,
  priority: undefined,
  hasProperties: true,
  endOfGroup: true,
  firstObject: true,
};
const headerBytes = encodeSubgroupHeader(header, referenceData);

Deno.bench("decode 1000 subgroup headers", { group: "decode" }, () => {
  for (let index = 0; index < OBJECTS; index++) {
    const reader = new ByteReader(headerBytes, vi64);
    decodeSubgroupHeader(reader, reader.varint(), referenceData);
  }
});

Deno.bench("write 1000 subgroup headers", { group: "encode" }, () => {
  for (let index = 0; index < OBJECTS; index++) encodeSubgroupHeader(header, referenceData);
});

const datagram = {
  alias: 2n,
  group: 1_000_000n,
  object: 0,
  priority: undefined,
  properties: PROPERTIES,
  status: 0,
  endOfGroup: false,
  payload: new Uint8Array(PAYLOAD_BYTES),
};
const datagramBytes = encodeDatagram(datagram, referenceData);

Deno.bench("decode 1000 datagrams", { group: "decode" }, () => {
  for (let index = 0; index < OBJECTS; index++) decodeDatagram(datagramBytes, referenceData);
});

Deno.bench("write 1000 datagrams, payloads included", { group: "encode" }, () => {
  for (let index = 0; index < OBJECTS; index++) encodeDatagram(datagram, referenceData);
});

Deno.bench("check the properties of 1000 objects", { group: "decode" }, () => {
  for (let index = 0; index < OBJECTS; index++) {
    referenceData.properties.gapsOf(PROPERTIES);
  }
});
