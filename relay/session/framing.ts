import {
  type ControlMessage,
  DecodeError,
  MAX_MESSAGE_BYTES,
  type Oddity,
  type StreamCodes,
  type VarintFormat,
} from "@qumo/shared/wire";
import type { ReceiveStream } from "../transport/types.ts";
import { Input } from "./input.ts";
import { MESSAGE_BUFFER_BYTES } from "./limits.ts";

/** The longest frame: type, length and body. */
const MAX_FRAME_BYTES = 9 + 9 + MAX_MESSAGE_BYTES;

/** What messages of a stream are read from. */
export function messageInput(stream: ReceiveStream, codes: StreamCodes): Input {
  return new Input(stream, MAX_FRAME_BYTES, { codes, firstBytes: MESSAGE_BUFFER_BYTES });
}

/** Reads an integer; undefined when the stream ends before it. */
export async function readVarint(input: Input, format: VarintFormat): Promise<bigint | undefined> {
  if (input.isBrokenOff) throw brokenOff();
  if (input.length === 0 && !await input.fill()) return undefined;
  await need(input, format.lengthFrom(input.bytes[input.start]!));
  const value = format.read(input.bytes, input.start);
  input.start += format.lengthFrom(input.bytes[input.start]!);
  return value;
}

/** Accepts messages that deviate from the draft. */
export interface Tolerance<Message = ControlMessage> {
  /** Called for a message that was accepted in spite of its oddities. */
  noted(message: Message, oddities: readonly Oddity[]): void;
}

/** How a draft, of either family, frames its messages. */
export interface MessageFraming<Message> {
  readonly varint: VarintFormat;
  readonly control: {
    decode(type: bigint, body: Uint8Array, oddities?: Oddity[]): Message;
    readonly length: {
      sizeFrom(first: number): number;
      read(bytes: Uint8Array, at: number): number;
    };
  };
}

/** Reads a control message; undefined when the stream ends before it. */
export function readMessage<Message>(
  input: Input,
  draft: MessageFraming<Message>,
  tolerance?: Tolerance<Message>,
): Promise<Message | undefined> {
  if (input.length > 0) return readBegun(input, draft, tolerance);
  // Most who read messages wait for the next one, which takes less memory without a function that does.
  return input.fill().then((more) => more ? readBegun(input, draft, tolerance) : undefined);
}

async function readBegun<Message>(
  input: Input,
  draft: MessageFraming<Message>,
  tolerance: Tolerance<Message> | undefined,
): Promise<Message | undefined> {
  const type = await readVarint(input, draft.varint);
  if (type === undefined) return undefined;
  const body = await takeBody(input, draft);
  try {
    return draft.control.decode(type, body);
  } catch (error) {
    if (tolerance === undefined || !(error instanceof DecodeError)) throw error;
    return understand(draft, { type, body, error }, tolerance);
  }
}

/** Parses a malformed message again, accepting its oddities. */
function understand<Message>(
  draft: MessageFraming<Message>,
  refused: { readonly type: bigint; readonly body: Uint8Array; readonly error: DecodeError },
  tolerance: Tolerance<Message>,
): Message {
  const oddities: Oddity[] = [];
  let message: Message;
  try {
    message = draft.control.decode(refused.type, refused.body, oddities);
  } catch {
    throw refused.error;
  }
  tolerance.noted(message, oddities);
  return message;
}

async function takeBody(
  input: Input,
  { control }: MessageFraming<unknown>,
): Promise<Uint8Array> {
  await need(input, 1);
  const size = control.length.sizeFrom(input.bytes[input.start]!);
  await need(input, size);
  const length = control.length.read(input.bytes, input.start);
  if (length > MAX_MESSAGE_BYTES) throw new DecodeError("malformed", "A message is too long");
  await need(input, size + length);
  const from = input.start + size;
  input.start = from + length;
  // A copy, because names and tokens of the message outlive the buffer.
  return input.bytes.slice(from, input.start);
}

async function need(input: Input, length: number): Promise<void> {
  while (input.length < length) {
    if (!await input.fill()) throw brokenOff();
  }
}

function brokenOff(): DecodeError {
  return new DecodeError("malformed", "A stream ends within a message");
}
