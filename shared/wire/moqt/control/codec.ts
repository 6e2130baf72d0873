import { ByteReader, ByteWriter } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_MESSAGE_BYTES } from "../../limits.ts";
import type { VarintFormat } from "../../varint.ts";
import type { Oddity } from "../../oddity.ts";
import type { LengthFormat } from "./length.ts";
import type { BodyOf, ControlKind, ControlMessage } from "../model/messages.ts";

/** The messages that a draft has: their types on the wire and their layouts. */
export type MessageTable = {
  readonly [K in ControlKind]?: {
    readonly type: bigint;
    /** A second type that is understood on receipt. */
    readonly alias?: bigint;
    readonly body: Codec<BodyOf<K>>;
  };
};

interface Definition {
  readonly type: bigint;
  readonly alias?: bigint;
  readonly body: Codec<unknown>;
}

/** The control messages of one draft as bytes. */
export interface ControlCodec {
  /** The whole frame: type, length, body. */
  encode(message: ControlMessage): Uint8Array<ArrayBuffer>;
  /**
   * The message of this type in `body`, which must be used up. With `oddities` what some clients write
   * in a way of their own is understood, and noted there.
   */
  decode(type: bigint, body: Uint8Array, oddities?: Oddity[]): ControlMessage;
  /** The messages that there are. */
  readonly messages: MessageTable;
  /** Whether there is a message of this type. */
  knows(type: bigint): boolean;
  /** How a frame says how long its body is. */
  readonly length: LengthFormat;
}

/** Builds the codec of a draft from its table, its integers and its lengths. */
export function controlCodec(
  messages: MessageTable,
  format: VarintFormat,
  length: LengthFormat,
): ControlCodec {
  const table = messages as Readonly<Partial<Record<ControlKind, Definition>>>;
  const rows = Object.entries(table) as [ControlKind, Definition][];
  const kinds = new Map<bigint, ControlKind>();
  for (const [kind, { type, alias }] of rows) {
    kinds.set(type, kind);
    if (alias !== undefined) kinds.set(alias, kind);
  }
  return {
    encode(message) {
      const definition = table[message.kind];
      if (definition === undefined) {
        throw new EncodeError(`Cannot encode ${message.kind}: the draft has none`);
      }
      const { type, body } = definition;
      return encodeFrame(message, { type, body }, { format, length });
    },
    decode(type, body, oddities) {
      const kind = kinds.get(type);
      if (kind === undefined) throw noSuchMessage(type);
      const reader = new ByteReader(body, format);
      reader.oddities = oddities;
      const fields = table[kind]!.body.decode(reader) as object;
      reader.end(kind);
      return { kind, ...fields } as ControlMessage;
    },
    messages,
    knows: (type) => kinds.has(type),
    length,
  };
}

/** The whole frame of a message whose layout is `body`. */
export function encodeFrame(
  message: { readonly kind: string },
  { type, body }: { readonly type: bigint; readonly body: Codec<unknown> },
  { format, length }: { readonly format: VarintFormat; readonly length: LengthFormat },
): Uint8Array<ArrayBuffer> {
  const fields = new ByteWriter(format);
  body.encode(fields, message);
  if (fields.length > MAX_MESSAGE_BYTES) {
    throw new EncodeError(`Cannot encode ${message.kind}: ${fields.length} bytes`);
  }
  const frame = new ByteWriter(format);
  frame.varint(type);
  length.write(frame, fields.length);
  frame.bytes(fields.finish());
  return frame.finish();
}

/** What is wrong with a message of this type, which the draft does not have. */
export function noSuchMessage(type: bigint): DecodeError {
  return new DecodeError("malformed", `Message type 0x${type.toString(16)} does not exist`);
}
