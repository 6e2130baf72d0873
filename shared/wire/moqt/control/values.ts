import { ByteReader, ByteWriter } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { MAX_MESSAGE_BYTES } from "../../limits.ts";
import { pairsOf } from "../../pairs.ts";

const absoluteList = pairsOf({ types: "absolute", isCounted: true });

/** One byte, 0 or 1. */
export const flag: Codec<boolean> = {
  encode: (writer, value) => writer.u8(value ? 1 : 0),
  decode(reader) {
    const value = reader.u8();
    if (value > 1) throw new DecodeError("malformed", `Flag ${value} is neither 0 nor 1`);
    return value === 1;
  },
};

/** A length and a value that fills it. */
export function framed<T>(codec: Codec<T>, what: string): Codec<T> {
  return {
    encode(writer, value) {
      const inner = new ByteWriter(writer.format);
      codec.encode(inner, value);
      writer.count(inner.length);
      writer.bytes(inner.finish());
    },
    decode(reader) {
      const inner = reader.within(reader.count(MAX_MESSAGE_BYTES, `The length of ${what}`));
      const value = codec.decode(inner);
      inner.end(what);
      return value;
    },
  };
}

/** As {@linkcode framed}; a length of 0 stands for `nothing`, as some senders write it. */
export function framedOrNothing<T>(codec: Codec<T>, nothing: T, what: string): Codec<T> {
  const whole = framed(codec, what);
  return {
    encode: whole.encode,
    decode(reader) {
      const length = reader.count(MAX_MESSAGE_BYTES, `The length of ${what}`);
      if (length === 0) return nothing;
      const inner = reader.within(length);
      const value = codec.decode(inner);
      inner.end(what);
      return value;
    },
  };
}

/** What a draft has no field for: it is not written, and read as this. */
export interface UnsaidCodec<T> extends Codec<T> {
  readonly readAs: T;
}

/** The field that a draft does not have. */
export function unsaid<T>(readAs: T): UnsaidCodec<T> {
  return { readAs, encode: () => {}, decode: () => readAs };
}

/** The parameters that some write where a draft has none: they are read and left out. */
export const strayParameters: UnsaidCodec<Record<string, never>> = {
  readAs: {},
  encode: () => {},
  decode(reader) {
    if (reader.remaining > 0) absoluteList.decode(reader);
    return {};
  },
};

/** An integer where later drafts have a single byte. */
export function inVarint<T>(codec: Codec<T>): Codec<T> {
  return {
    encode(writer, value) {
      const inner = new ByteWriter(writer.format);
      codec.encode(inner, value);
      writer.count(inner.finish()[0]!);
    },
    decode(reader) {
      const value = reader.varint();
      if (value > 0xffn) throw new DecodeError("malformed", `${value} does not fit into a byte`);
      return codec.decode(new ByteReader(Uint8Array.of(Number(value)), reader.format));
    },
  };
}

/**
 * A value that fills the bytes of a key-value pair; whatever is wrong in it is a fault of the pair
 * (#moq-key-value-pair).
 */
export function inPair<T>(codec: Codec<T>, what: string): Codec<T> {
  const inner = framed(codec, what);
  return {
    encode: inner.encode,
    decode(reader) {
      const at = reader.offset;
      try {
        return inner.decode(reader);
      } catch (error) {
        if (!(error instanceof DecodeError) || reader.offset === at) throw error;
        throw new DecodeError("key_value", error.message);
      }
    },
  };
}
