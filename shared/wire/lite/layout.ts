import { ByteReader, ByteWriter } from "../bytes.ts";
import type { Codec } from "../codec.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { rfc9000 } from "../varint.ts";
import { MAX_LITE_MESSAGE_BYTES, MAX_LITE_NAME_BYTES } from "./limits.ts";

/** One message, or several that are told apart by a type before their length. */
export interface Layout<T> {
  /** Its name, for people. */
  readonly what: string;
  /** Whether an integer before the length says what the message is. */
  readonly isTyped: boolean;
  /** The codecs of the bodies by the types before them; that of a message without one is of undefined. */
  readonly bodies: ReadonlyMap<bigint | undefined, Codec<T>>;
  /** The whole message: its type if it has one, its length and its body. */
  encode(value: T): Uint8Array<ArrayBuffer>;
  /**
   * The message in `body`, which must be used up.
   *
   * @throws {DecodeError} when it is malformed.
   */
  decode(type: bigint | undefined, body: Uint8Array): T;
}

/** A message that its place on the stream tells apart. */
export function message<T>(what: string, body: Codec<T>): Layout<T> {
  return {
    what,
    isTyped: false,
    bodies: new Map([[undefined, body]]),
    encode: (value) => encode(what, undefined, body, value),
    decode: (_type, bytes) => decode(what, body, bytes),
  };
}

/** The messages of a reply, by their kinds. */
export type Kinds<T extends { readonly kind: string }> = {
  readonly [K in T["kind"]]?: readonly [type: bigint, body: Codec<Extract<T, { kind: K }>>];
};

/** Messages that a type before the length tells apart. */
export function typed<T extends { readonly kind: string }>(
  what: string,
  kinds: Kinds<T>,
): Layout<T> {
  const rows = Object.values(kinds) as (readonly [bigint, Codec<T>])[];
  const bodies = new Map<bigint | undefined, Codec<T>>(rows);
  return {
    what,
    isTyped: true,
    bodies,
    encode(value) {
      const row = kinds[value.kind as T["kind"]] as readonly [bigint, Codec<T>] | undefined;
      if (row === undefined) {
        throw new EncodeError(`Cannot encode ${what} "${value.kind}": the version has none`);
      }
      return encode(what, row[0], row[1], value);
    },
    decode(type, bytes) {
      const body = bodies.get(type);
      if (body === undefined) throw new DecodeError("malformed", `${what} of type ${type}`);
      return decode(what, body, bytes);
    },
  };
}

function encode<T>(
  what: string,
  type: bigint | undefined,
  codec: Codec<T>,
  value: T,
): Uint8Array<ArrayBuffer> {
  const body = new ByteWriter(rfc9000);
  codec.encode(body, value);
  if (body.length > MAX_LITE_MESSAGE_BYTES) {
    throw new EncodeError(`Cannot encode ${what}: ${body.length} bytes`);
  }
  const whole = new ByteWriter(rfc9000);
  if (type !== undefined) whole.varint(type);
  whole.count(body.length);
  whole.bytes(body.finish());
  return whole.finish();
}

function decode<T>(what: string, codec: Codec<T>, body: Uint8Array): T {
  const reader = new ByteReader(body, rfc9000);
  const value = codec.decode(reader);
  reader.end(what);
  return value;
}

/** The type of a stream, which is the first thing on it. */
export function encodeStreamType(type: bigint): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(rfc9000);
  writer.varint(type);
  return writer.finish();
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A length and text of so many bytes, which must be UTF-8: names are compared. */
export function name(what: string, limit = MAX_LITE_NAME_BYTES): Codec<string> {
  return {
    encode(writer, value) {
      const bytes = encoder.encode(value);
      if (bytes.length > limit) {
        throw new EncodeError(
          `Cannot encode ${what}: ${bytes.length} bytes, the limit is ${limit}`,
        );
      }
      writer.count(bytes.length);
      writer.bytes(bytes);
    },
    decode: (reader) => utf8(reader.bytes(reader.count(limit, `The length of ${what}`)), what),
  };
}

/** Bytes as text. */
export function utf8(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new DecodeError("malformed", `${what} is not UTF-8`);
  }
}

/** Nothing, or an integer that is one more on the wire. */
export const plusOne: Codec<bigint | undefined> = {
  encode: (writer, value) => writer.varint(value === undefined ? 0n : value + 1n),
  decode(reader) {
    const value = reader.varint();
    return value === 0n ? undefined : value - 1n;
  },
};

/** One byte for yes or no; anything but 0 is yes. */
export const flag: Codec<boolean> = {
  encode: (writer, value) => writer.u8(value ? 1 : 0),
  decode: (reader) => reader.u8() !== 0,
};

/** A field that this version does not have. */
export function absent<T>(value: T): Codec<T> {
  return { encode: () => {}, decode: () => value };
}

/** The fields of one kind of a reply. */
export function kind<K extends string, T>(
  kind: K,
  fields: Codec<T>,
): Codec<T & { readonly kind: K }> {
  return {
    encode: fields.encode,
    decode: (reader) => ({ kind, ...fields.decode(reader) }),
  };
}
