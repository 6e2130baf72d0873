import type { ByteReader, ByteWriter } from "./bytes.ts";
import { EncodeError } from "./errors.ts";

/** One declaration of a layout for encoding and decoding. */
export interface Codec<T> {
  encode(writer: ByteWriter, value: T): void;
  decode(reader: ByteReader): T;
}

/** The type of a codec's values. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** An integer in the dialect's format, as exact bigint. */
export const varint: Codec<bigint> = {
  encode: (writer, value) => writer.varint(value),
  decode: (reader) => reader.varint(),
};

/** One byte. */
export const u8: Codec<number> = {
  encode: (writer, value) => writer.u8(value),
  decode: (reader) => reader.u8(),
};

/** All bytes up to the end of the message. */
export const rest: Codec<Uint8Array> = {
  encode: (writer, value) => writer.bytes(value),
  decode: (reader) => reader.rest(),
};

/** A length and that many bytes, at most `limit`. */
export function prefixed(limit: number, what: string): Codec<Uint8Array> {
  return {
    encode(writer, value) {
      if (value.length > limit) {
        throw new EncodeError(
          `Cannot encode ${what}: ${value.length} bytes, the limit is ${limit}`,
        );
      }
      writer.count(value.length);
      writer.bytes(value);
    },
    decode: (reader) => reader.bytes(reader.count(limit, `The length of ${what}`)),
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A length and that many bytes of UTF-8; malformed UTF-8 is replaced, since the text is for people
 * only.
 */
export function text(limit: number, what: string): Codec<string> {
  const bytes = prefixed(limit, what);
  return {
    encode: (writer, value) => bytes.encode(writer, encoder.encode(value)),
    decode: (reader) => decoder.decode(bytes.decode(reader)),
  };
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
type StructOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** A codec of fields, which are accessible. */
export interface StructCodec<F extends Fields> extends Codec<StructOf<F>> {
  readonly fields: F;
}

/** Fields in order of their declaration. */
export function struct<F extends Fields>(fields: F): StructCodec<F> {
  const entries = Object.entries(fields);
  return {
    fields,
    encode(writer, value) {
      for (const [name, codec] of entries) codec.encode(writer, value[name]);
    },
    decode(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.decode(reader);
      return value as StructOf<F>;
    },
  };
}
