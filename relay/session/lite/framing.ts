import { DecodeError, type Layout, MAX_LITE_MESSAGE_BYTES, rfc9000 } from "@qumo/shared/wire";
import { readVarint } from "../framing.ts";
import type { Input } from "../input.ts";

/** The longest message with its type and its length. */
export const MAX_LITE_FRAME_BYTES = 8 + 8 + MAX_LITE_MESSAGE_BYTES;

/** Reads the bytes of a message; undefined when the stream ends before it. */
export async function readBody(
  input: Input,
  { isTyped }: Pick<Layout<unknown>, "isTyped">,
): Promise<{ readonly type: bigint | undefined; readonly body: Uint8Array } | undefined> {
  const first = await readVarint(input, rfc9000);
  if (first === undefined) return undefined;
  const length = isTyped ? await readVarint(input, rfc9000) : first;
  if (length === undefined) throw brokenOff();
  if (length > MAX_LITE_MESSAGE_BYTES) throw new DecodeError("malformed", "A message is too long");
  while (input.length < Number(length)) {
    if (!await input.fill()) throw brokenOff();
  }
  const from = input.start;
  input.start += Number(length);
  // A copy, because names outlive the buffer.
  return { type: isTyped ? first : undefined, body: input.bytes.slice(from, input.start) };
}

/** Reads a message; undefined when the stream ends before it. */
export async function readLite<T>(input: Input, layout: Layout<T>): Promise<T | undefined> {
  const message = await readBody(input, layout);
  return message && layout.decode(message.type, message.body);
}

function brokenOff(): DecodeError {
  return new DecodeError("malformed", "A stream ends within a message");
}
