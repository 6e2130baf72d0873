import { type ControlMessage, DecodeError, type StreamDraft } from "@qumo/shared/wire";
import assert from "node:assert/strict";

/** A body as it stands on the wire and what it says, written by hand from the draft's layouts. */
export interface MessageVector {
  readonly kind: ControlMessage["kind"];
  readonly name: string;
  readonly body: string;
  /** What the message says beside its kind. */
  readonly message: Record<string, unknown>;
  /** Shorter or longer by a zero it is a message too, of these lengths, properties aside. */
  readonly alsoWhole?: readonly number[];
  /** Nothing is sent so. */
  readonly isOneWay?: true;
}

/** Tests the vectors of a draft both ways, each strict prefix, and one byte more. */
export function testVectors(draft: StreamDraft, vectors: readonly MessageVector[]): void {
  for (const vector of vectors) {
    const { kind, name } = vector;
    Deno.test(`${draft.protocol}: ${kind} ${name}: exact bytes, every prefix, one byte more`, () => {
      testVector(draft, vector);
    });
  }
}

/** The bytes of hexadecimal text with spaces. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(/\s/g, ""));
}

function testVector({ control, varint }: StreamDraft, vector: MessageVector): void {
  const { kind, message, alsoWhole = [], isOneWay = false } = vector;
  const { type } = control.messages[kind]!;
  const body = bytesOf(vector.body);
  const expected = { kind, ...message } as unknown as ControlMessage;
  assert.deepEqual(control.decode(type, body), expected);
  if (!isOneWay) {
    const frame = control.encode(expected);
    assert.equal(frame.slice(varint.sizeOf(type) + 2).toHex(), body.toHex());
  }
  const properties = "properties" in expected ? expected.properties.length : undefined;
  const longer = Uint8Array.of(...body, 0);
  for (let length = 0; length <= longer.length; length++) {
    const isInProperties = properties !== undefined && length >= body.length - properties;
    if (length === body.length || isInProperties || alsoWhole.includes(length)) continue;
    const other = longer.subarray(0, length);
    assert.throws(() => control.decode(type, other), DecodeError, `length ${length}`);
  }
}
