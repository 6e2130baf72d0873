import type { ByteReader, ByteWriter } from "./bytes.ts";
import { equalBytes } from "./equal_bytes.ts";
import type { Codec } from "./codec.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { MAX_FULL_TRACK_NAME_BYTES, MAX_NAMESPACE_FIELDS } from "./limits.ts";

/** The fields of a namespace, or of a prefix or suffix of one, compared as bytes. */
export type Namespace = readonly Uint8Array[];

/** A track's full name within its scope (#track-name). */
export interface FullTrackName {
  readonly namespace: Namespace;
  readonly name: Uint8Array;
}

/** A namespace of 0 to 32 non-empty fields. */
export const namespace: Codec<Namespace> = { encode: encodeNamespace, decode: decodeNamespace };

/** A namespace of 1 to 32 non-empty fields. */
export const ownNamespace: Codec<Namespace> = {
  encode(writer, fields) {
    if (fields.length === 0) throw new EncodeError("Cannot encode a namespace without fields");
    encodeNamespace(writer, fields);
  },
  decode(reader) {
    const fields = decodeNamespace(reader);
    if (fields.length === 0) throw new DecodeError("malformed", "A namespace has no fields");
    return fields;
  },
};

/** A namespace and a name, with the limit of both together. */
export const fullTrackName: Codec<FullTrackName> = trackNameOf(namespace);

/** The same in a namespace of 1 to 32 fields. */
export const ownTrackName: Codec<FullTrackName> = trackNameOf(ownNamespace);

function trackNameOf(within: Codec<Namespace>): Codec<FullTrackName> {
  return {
    encode(writer, value) {
      within.encode(writer, value.namespace);
      if (byteLength(value.namespace) + value.name.length > MAX_FULL_TRACK_NAME_BYTES) {
        throw new EncodeError(`Cannot encode a name above ${MAX_FULL_TRACK_NAME_BYTES} bytes`);
      }
      writer.count(value.name.length);
      writer.bytes(value.name);
    },
    decode(reader) {
      const fields = within.decode(reader);
      const left = MAX_FULL_TRACK_NAME_BYTES - byteLength(fields);
      return { namespace: fields, name: reader.bytes(reader.count(left, "The length of a name")) };
    },
  };
}

function encodeNamespace(writer: ByteWriter, fields: Namespace): void {
  if (fields.length > MAX_NAMESPACE_FIELDS || byteLength(fields) > MAX_FULL_TRACK_NAME_BYTES) {
    throw new EncodeError(`Cannot encode a namespace of ${fields.length} fields: above the limits`);
  }
  writer.count(fields.length);
  for (const field of fields) {
    if (field.length === 0) throw new EncodeError("Cannot encode an empty namespace field");
    writer.count(field.length);
    writer.bytes(field);
  }
}

function decodeNamespace(reader: ByteReader): Namespace {
  const count = reader.count(MAX_NAMESPACE_FIELDS, "The number of namespace fields");
  const fields: Uint8Array[] = [];
  let left = MAX_FULL_TRACK_NAME_BYTES;
  for (let index = 0; index < count; index++) {
    const length = reader.count(left, "The length of a namespace");
    if (length === 0) throw new DecodeError("malformed", "A namespace field is empty");
    fields.push(reader.bytes(length));
    left -= length;
  }
  return fields;
}

function byteLength(fields: Namespace): number {
  return fields.reduce((sum, field) => sum + field.length, 0);
}

/** Whether the first fields of `fields` are those of `prefix`. */
export function hasPrefix(fields: Namespace, prefix: Namespace): boolean {
  return prefix.length <= fields.length &&
    prefix.every((field, index) => equalBytes(field, fields[index]!));
}

/** A map key: equal strings for equal namespaces only. */
export function namespaceKey(fields: Namespace): string {
  return fields.map(fieldKey).join("");
}

/** A map key: equal strings for equal track names only. */
export function trackKey(name: FullTrackName): string {
  return `${namespaceKey(name.namespace)}/${fieldKey(name.name)}`;
}

/** A map key: equal strings for equal fields only, and none is a substring of another. */
export function fieldKey(field: Uint8Array): string {
  let characters = "";
  for (const byte of field) characters += String.fromCharCode(byte);
  return `${field.length}:${characters}`;
}

// A table, because a peer decides how many bytes there are.
const SHOWN = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[a-zA-Z0-9_]/.test(character) ? character : `.${byte.toString(16).padStart(2, "0")}`;
});

function formatField(field: Uint8Array): string {
  let text = "";
  for (const byte of field) text += SHOWN[byte];
  return text;
}

/** A namespace as display text (#representing-namespace-and-track-names). */
export function formatNamespace(fields: Namespace): string {
  return fields.map(formatField).join("-");
}

/** A track's name as display text: `example.2enet-team2-project_x--report`. */
export function formatTrackName(name: FullTrackName): string {
  return `${formatNamespace(name.namespace)}--${formatField(name.name)}`;
}
