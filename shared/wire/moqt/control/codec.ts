import { ByteReader, ByteWriter } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_MESSAGE_BYTES } from "../../limits.ts";
import type { VarintFormat } from "../../varint.ts";
import type { Oddity } from "../../oddity.ts";
import type { ControlKind, ControlMessage } from "./messages.ts";

/** What a table of messages must give for each. */
export interface MessageDefinition {
  readonly type: bigint;
  readonly alias?: bigint;
  // deno-lint-ignore no-explicit-any -- each row has a body of its own; the table's type keeps them apart
  readonly body: Codec<any>;
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
  /** Whether there is a message of this type. */
  knows(type: bigint): boolean;
}

/** Builds the codec of a draft from its table and its integers. */
export function controlCodec(
  table: Readonly<Record<ControlKind, MessageDefinition>>,
  format: VarintFormat,
): ControlCodec {
  const rows = Object.entries(table) as [ControlKind, MessageDefinition][];
  const kinds = new Map<bigint, ControlKind>();
  for (const [kind, { type, alias }] of rows) {
    kinds.set(type, kind);
    if (alias !== undefined) kinds.set(alias, kind);
  }
  return {
    encode(message) {
      const body = new ByteWriter(format);
      table[message.kind].body.encode(body, message);
      if (body.length > MAX_MESSAGE_BYTES) {
        throw new EncodeError(`Cannot encode ${message.kind}: ${body.length} bytes`);
      }
      const frame = new ByteWriter(format);
      frame.varint(table[message.kind].type);
      frame.u16(body.length);
      frame.bytes(body.finish());
      return frame.finish();
    },
    decode(type, body, oddities) {
      const kind = kinds.get(type);
      if (kind === undefined) {
        throw new DecodeError("malformed", `Message type 0x${type.toString(16)} does not exist`);
      }
      const reader = new ByteReader(body, format);
      reader.oddities = oddities;
      const message: ControlMessage = { kind, ...table[kind].body.decode(reader) };
      reader.end(kind);
      return message;
    },
    knows: (type) => kinds.has(type),
  };
}
