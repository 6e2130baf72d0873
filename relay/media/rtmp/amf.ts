import { RtmpError } from "./errors.ts";
import { MAX_AMF_DEPTH, MAX_AMF_VALUES } from "./limits.ts";

/** A value of AMF 0. */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly AmfValue[]
  | { readonly [name: string]: AmfValue };

const NUMBER = 0;
const BOOLEAN = 1;
const STRING = 2;
const OBJECT = 3;
const NULL = 5;
const UNDEFINED = 6;
const REFERENCE = 7;
const ECMA_ARRAY = 8;
const OBJECT_END = 9;
const STRICT_ARRAY = 10;
const DATE = 11;
const LONG_STRING = 12;
const UNSUPPORTED = 13;
const TYPED_OBJECT = 16;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The values of a message in AMF 0. Throws {@linkcode RtmpError} for what is none. */
export function readAmf(bytes: Uint8Array): AmfValue[] {
  const reader = new AmfReader(bytes);
  const values: AmfValue[] = [];
  while (!reader.isAtEnd) values.push(reader.value(0));
  return values;
}

class AmfReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  value(depth: number): AmfValue {
    if (++this.#values > MAX_AMF_VALUES) throw new RtmpError(`More than ${MAX_AMF_VALUES} values`);
    if (depth > MAX_AMF_DEPTH) throw new RtmpError(`More than ${MAX_AMF_DEPTH} levels of values`);
    const type = this.#bytes[this.#take(1)]!;
    switch (type) {
      case NUMBER:
        return this.#view.getFloat64(this.#take(8));
      case BOOLEAN:
        return this.#bytes[this.#take(1)] !== 0;
      case STRING:
        return this.#text(this.#view.getUint16(this.#take(2)));
      case LONG_STRING:
        return this.#text(this.#view.getUint32(this.#take(4)));
      case NULL:
      case UNSUPPORTED:
        return null;
      case UNDEFINED:
        return undefined;
      case REFERENCE:
        this.#take(2);
        return undefined;
      case DATE:
        return this.#view.getFloat64(this.#take(10));
      case STRICT_ARRAY:
        return this.#list(depth);
      case TYPED_OBJECT:
        this.#text(this.#view.getUint16(this.#take(2)));
        return this.#object(depth);
      case ECMA_ARRAY:
        this.#take(4);
        return this.#object(depth);
      case OBJECT:
        return this.#object(depth);
      default:
        throw new RtmpError(`A value of the unknown type ${type}`);
    }
  }

  #object(depth: number): { [name: string]: AmfValue } {
    const entries = new Map<string, AmfValue>();
    while (true) {
      // Encoders leave the end of the last array out.
      if (this.isAtEnd) break;
      const name = this.#text(this.#view.getUint16(this.#take(2)));
      if (name === "" && this.#bytes[this.#at] === OBJECT_END) {
        this.#take(1);
        break;
      }
      entries.set(name, this.value(depth + 1));
    }
    return Object.fromEntries(entries);
  }

  #list(depth: number): AmfValue[] {
    const count = this.#view.getUint32(this.#take(4));
    const values: AmfValue[] = [];
    for (let index = 0; index < count; index++) values.push(this.value(depth + 1));
    return values;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  /** Goes past so many bytes, and returns where they begin. */
  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RtmpError("A value is cut off");
    this.#at = at + length;
    return at;
  }
}

/** Values in AMF 0. */
export function writeAmf(values: readonly AmfValue[]): Uint8Array {
  return Uint8Array.from(values.flatMap(bytesOf));
}

function bytesOf(value: AmfValue): number[] {
  switch (typeof value) {
    case "number": {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, value);
      return [NUMBER, ...bytes];
    }
    case "boolean":
      return [BOOLEAN, value ? 1 : 0];
    case "string":
      return [STRING, ...named(value)];
    case "undefined":
      return [UNDEFINED];
    default:
      return value === null ? [NULL] : isList(value) ? listBytes(value) : objectBytes(value);
  }
}

function isList(value: NonNullable<AmfValue>): value is readonly AmfValue[] {
  return Array.isArray(value);
}

function listBytes(values: readonly AmfValue[]): number[] {
  return [STRICT_ARRAY, 0, 0, values.length >> 8, values.length & 255, ...values.flatMap(bytesOf)];
}

function objectBytes(object: { readonly [name: string]: AmfValue }): number[] {
  const entries = Object.entries(object);
  return [
    OBJECT,
    ...entries.flatMap(([name, value]) => [...named(name), ...bytesOf(value)]),
    ...[0, 0, OBJECT_END],
  ];
}

function named(text: string): number[] {
  const bytes = encoder.encode(text);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}
