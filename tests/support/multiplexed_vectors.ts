import { DecodeError, type MultiplexedDraft, type MultiplexedMessage } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { bytesOf } from "./layouts.ts";

/** A body as it stands on the wire and what it says, written by hand from a draft's layouts. */
export interface Vector {
  readonly name: string;
  readonly body: string;
  readonly message: Record<string, unknown>;
  /**
   * Lengths at which the body, cut or with one zero byte behind it, is a message too. Properties that
   * go on to the end of a message are known to the loop and not listed.
   */
  readonly alsoWhole?: readonly number[];
  /** Nothing is sent so. */
  readonly isOneWay?: true;
}

/** Tests for each message of a draft that shares one control stream, by the draft's names for them. */
export function testVectors(
  draft: MultiplexedDraft,
  vectors: Readonly<Record<string, readonly Vector[]>>,
): void {
  for (const name of Object.keys(draft.control.messages)) {
    Deno.test(`${draft.protocol}: ${name}: there are vectors`, () => assert.ok(vectors[name]));
    for (const vector of vectors[name] ?? []) testVector(draft, name, vector);
  }
}

function testVector({ protocol, control }: MultiplexedDraft, row: string, vector: Vector): void {
  const { kind, to, type } = control.messages[row]!;
  const { alsoWhole = [], isOneWay = false } = vector;
  const expected = {
    kind,
    ...(to !== undefined && { to }),
    ...vector.message,
  } as unknown as MultiplexedMessage;
  const body = bytesOf(vector.body);
  const properties = vector.body.includes("|")
    ? body.length - bytesOf(vector.body.split("|")[0]!).length
    : undefined;
  const name = `${protocol}: ${row} ${vector.name}`;

  Deno.test(`${name}: bytes to value`, () => {
    assert.deepEqual(control.decode(type, body), expected);
  });

  Deno.test(`${name}: value to bytes`, { ignore: isOneWay }, () => {
    const length = [body.length >> 8, body.length & 0xff];
    assert.deepEqual(control.encode(expected), Uint8Array.of(Number(type), ...length, ...body));
  });

  Deno.test(`R-022: ${name}: every strict prefix is refused`, () => {
    for (let length = 0; length < body.length; length++) {
      const prefix = body.subarray(0, length);
      if (alsoWhole.includes(length)) {
        assert.doesNotThrow(() => control.decode(type, prefix), `length ${length}`);
      } else if (properties !== undefined && length >= body.length - properties) {
        const cut = body.subarray(body.length - properties, length);
        assert.deepEqual(control.decode(type, prefix), { ...expected, properties: cut });
      } else {
        assert.throws(() => control.decode(type, prefix), DecodeError, `length ${length}`);
      }
    }
  });

  Deno.test(`R-022: ${name}: one byte more is refused`, () => {
    const longer = Uint8Array.of(...body, 0);
    if (alsoWhole.includes(longer.length)) {
      assert.doesNotThrow(() => control.decode(type, longer));
    } else if (properties !== undefined) {
      const more = longer.subarray(body.length - properties);
      assert.deepEqual(control.decode(type, longer), { ...expected, properties: more });
    } else {
      assert.throws(() => control.decode(type, longer), DecodeError);
    }
  });
}
