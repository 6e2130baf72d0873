import { DecodeError, type Draft } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { rest } from "../../shared/wire/codec.ts";
import { type AnyMessage, bodyOf, controlOf, layoutsOf } from "./layouts.ts";

/** A body as it stands on the wire and what it says, written by hand from the draft's layouts. */
export interface MessageVector {
  readonly name: string;
  readonly body: string;
  /** What the message says beside its kind. */
  readonly message: Record<string, unknown>;
  /** Shorter or longer by a zero it is a message too, of these lengths, properties aside. */
  readonly alsoWhole?: readonly number[];
  /** Nothing is sent so. */
  readonly isOneWay?: true;
}

/** One of a message that is named as its draft names it. */
export type NamedVector = MessageVector & { readonly kind: string };

/** Tests the vectors of a draft both ways, each strict prefix, and one byte more. */
export function testVectors(draft: Draft, vectors: readonly NamedVector[]): void {
  for (const vector of vectors) {
    const { kind, name } = vector;
    Deno.test(`R-022: ${draft.protocol}: ${kind} ${name}: exact bytes, every prefix, one byte more`, () => {
      testVector(draft, vector);
    });
  }
}

/** The same for every message that a draft has, by its names for them. */
export function testAllVectors(
  draft: Draft,
  vectors: Readonly<Record<string, readonly MessageVector[]>>,
): void {
  Deno.test(`${draft.protocol}: every message has vectors`, () => {
    const names = layoutsOf(draft).map(({ name }) => name);
    assert.deepEqual(Object.keys(vectors).toSorted(), names.toSorted());
  });
  testVectors(
    draft,
    Object.entries(vectors).flatMap(([kind, list]) => list.map((vector) => ({ kind, ...vector }))),
  );
}

/** The bytes of hexadecimal text with spaces; a bar in it says where properties begin. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(/[\s|]/g, ""));
}

function testVector(draft: Draft, vector: NamedVector): void {
  const { message, alsoWhole = [], isOneWay = false } = vector;
  const layout = layoutsOf(draft).find(({ name }) => name === vector.kind)!;
  const { kind, to, type, fields, isMapped } = layout;
  const control = controlOf(draft);
  const body = bytesOf(vector.body);
  const answered = to === undefined ? {} : { to };
  const expected = { kind, ...answered, ...message } as unknown as AnyMessage;
  assert.deepEqual(control.decode(type, body), expected);
  if (!isOneWay) {
    const frame = control.encode(expected);
    assert.equal(draft.varint.read(frame, 0), type);
    assert.equal(bodyOf(frame, draft).toHex(), body.toHex());
  }
  // They go on to the end of a message that ends with properties.
  const isLast = !isMapped && fields?.properties === rest;
  const properties = isLast && "properties" in expected ? expected.properties.length : undefined;
  const longer = Uint8Array.of(...body, 0);
  for (let length = 0; length <= longer.length; length++) {
    if (length === body.length) continue;
    const other = longer.subarray(0, length);
    if (properties !== undefined && length >= body.length - properties) {
      const cut = longer.subarray(body.length - properties, length);
      assert.deepEqual(control.decode(type, other), { ...expected, properties: cut });
    } else if (!alsoWhole.includes(length)) {
      assert.throws(() => control.decode(type, other), DecodeError, `length ${length}`);
    }
  }
}
