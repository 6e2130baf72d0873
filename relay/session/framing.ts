import {
  ByteReader,
  type ControlMessage,
  DecodeError,
  type Draft,
  MAX_MESSAGE_BYTES,
  type VarintFormat,
} from "@qumo/shared/wire";
import type { Input } from "./input.ts";

/** The longest frame: type, length and body. */
export const MAX_FRAME_BYTES = 9 + 2 + MAX_MESSAGE_BYTES;

/** The stream's next integer; undefined when the stream ends before it. */
export async function readVarint(input: Input, format: VarintFormat): Promise<bigint | undefined> {
  if (input.isBrokenOff) throw brokenOff();
  if (input.length === 0 && !await input.fill()) return undefined;
  await need(input, format.lengthFrom(input.bytes[input.start]!));
  const value = format.read(input.bytes, input.start);
  input.start += format.lengthFrom(input.bytes[input.start]!);
  return value;
}

/** The stream's next control message; undefined when the stream ends before it. */
export async function readMessage(
  input: Input,
  draft: Draft,
): Promise<ControlMessage | undefined> {
  const type = await readVarint(input, draft.varint);
  return type === undefined ? undefined : await readBody(input, draft, type);
}

/** What follows the type of a control message. */
export async function readBody(
  input: Input,
  draft: Draft,
  type: bigint,
): Promise<ControlMessage> {
  await need(input, 2);
  const length = new ByteReader(input.bytes, draft.varint, input.start, input.end).u16();
  await need(input, 2 + length);
  const from = input.start + 2;
  input.start = from + length;
  // A copy, because names and tokens of the message outlive the buffer.
  return draft.control.decode(type, input.bytes.slice(from, input.start));
}

async function need(input: Input, length: number): Promise<void> {
  while (input.length < length) {
    if (!await input.fill()) throw brokenOff();
  }
}

function brokenOff(): DecodeError {
  return new DecodeError("malformed", "A stream ends within a message");
}
