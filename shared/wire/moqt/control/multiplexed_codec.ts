import { ByteReader } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { EncodeError } from "../../errors.ts";
import type { Oddity } from "../../oddity.ts";
import type { VarintFormat } from "../../varint.ts";
import type {
  AnsweredKind,
  MultiplexedKind,
  MultiplexedMessage,
  MultiplexedMessageOf,
} from "../model/multiplexed_messages.ts";
import { encodeFrame, noSuchMessage } from "./codec.ts";
import type { LengthFormat } from "./length.ts";

/** What a message of a kind says, beside what it answers. */
export type MultiplexedBodyOf<K extends MultiplexedKind> = Omit<
  MultiplexedMessageOf<K>,
  "kind" | "to"
>;

/** A message of a draft: its type on the wire, and its layout. */
export interface MultiplexedRow<K extends MultiplexedKind = MultiplexedKind> {
  readonly kind: K;
  readonly type: bigint;
  /** What it answers, if it answers that alone. */
  readonly to?: AnsweredKind;
  readonly body: Codec<MultiplexedBodyOf<K>>;
}

/** The messages that a draft has, by its own names for them. */
export type MultiplexedTable = Readonly<
  Record<string, { [K in MultiplexedKind]: MultiplexedRow<K> }[MultiplexedKind]>
>;

/** The messages of a control stream that all requests share as bytes. */
export interface MultiplexedCodec {
  /** The whole frame: type, length, body. */
  encode(message: MultiplexedMessage): Uint8Array<ArrayBuffer>;
  /** The message of this type in `body`, which must be used up. */
  decode(type: bigint, body: Uint8Array, oddities?: Oddity[]): MultiplexedMessage;
  /** The messages that there are. */
  readonly messages: MultiplexedTable;
  /** Whether there is a message of this type. */
  knows(type: bigint): boolean;
  /** How a frame says how long its body is. */
  readonly length: LengthFormat;
}

/** Builds the codec of a draft from its table, its integers and its lengths. */
export function multiplexedCodec(
  messages: MultiplexedTable,
  format: VarintFormat,
  length: LengthFormat,
): MultiplexedCodec {
  const rows = Object.values(messages);
  const byType = new Map(rows.map((row) => [row.type, row]));
  const byWords = new Map(rows.map((row) => [wordsOf(row), row]));
  return {
    encode(message) {
      const row = byWords.get(wordsOf(message)) ?? byWords.get(message.kind);
      if (row === undefined) {
        throw new EncodeError(`Cannot encode ${wordsOf(message)}: the draft has none`);
      }
      return encodeFrame(message, row as MultiplexedRow<never>, { format, length });
    },
    decode(type, body, oddities) {
      const row = byType.get(type);
      if (row === undefined) throw noSuchMessage(type);
      const { kind, to } = row;
      const reader = new ByteReader(body, format);
      reader.oddities = oddities;
      const fields: object = row.body.decode(reader);
      reader.end(kind);
      return { kind, ...(to !== undefined && { to }), ...fields } as MultiplexedMessage;
    },
    messages,
    knows: (type) => byType.has(type),
    length,
  };
}

function wordsOf(
  message: { readonly kind: MultiplexedKind; readonly to?: AnsweredKind | undefined },
): string {
  return message.to === undefined ? message.kind : `${message.kind} to ${message.to}`;
}
