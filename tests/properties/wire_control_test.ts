import { type ControlKind, DecodeError, draft18, messageTable } from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { checkProperty } from "../support/properties.ts";
import { arbitraryMessage } from "../support/arbitrary_control.ts";

const ROUND_TRIPS = 150;
const HOSTILE_INPUTS = 400;

const kinds = Object.keys(messageTable) as ControlKind[];

/** The body of a frame, after its type and its 16 bits of length. */
function bodyOf(frame: Uint8Array, kind: ControlKind): Uint8Array<ArrayBuffer> {
  return frame.slice(draft18.varint.sizeOf(messageTable[kind].type) + 2);
}

/**
 * Decodes hostile bytes. They may be a message or not; but nothing else than a DecodeError comes of
 * them, and what comes has no bytes and no more items than went in.
 */
function decodeHostile(kind: ControlKind, body: Uint8Array<ArrayBuffer>): void {
  let message: unknown;
  try {
    message = draft18.control.decode(messageTable[kind].type, body);
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${error}`);
    return;
  }
  assertMadeOf(body, message);
}

function assertMadeOf(body: Uint8Array, value: unknown): void {
  if (value instanceof Uint8Array) {
    assert.equal(value.buffer, body.buffer, "bytes were allocated");
  } else if (Array.isArray(value)) {
    assert.ok(value.length <= body.length, "more items than bytes");
    for (const item of value) assertMadeOf(body, item);
  } else if (typeof value === "object" && value !== null) {
    for (const field of Object.values(value)) assertMadeOf(body, field);
  }
}

/** Where, and what to do there: change a byte, take bytes out, put bytes in. */
const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom(
        Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        Uint8Array.of(0xfe, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        Uint8Array.of(0xc0, 0xff, 0xff),
        Uint8Array.of(0x80, 0x00),
      ),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(
  body: Uint8Array,
  changes: readonly { at: number; remove: number; insert: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  let bytes = [...body];
  for (const { at, remove, insert } of changes) {
    bytes = bytes.toSpliced(at % (bytes.length + 1), remove, ...insert);
  }
  return Uint8Array.from(bytes);
}

for (const kind of kinds) {
  Deno.test(`any ${kind} comes back as it went out`, () => {
    checkProperty(
      fc.property(arbitraryMessage[kind], (message) => {
        const frame = draft18.control.encode(message);
        const body = bodyOf(frame, kind);
        assert.deepEqual(draft18.control.decode(messageTable[kind].type, body), message);
      }),
      { numRuns: ROUND_TRIPS },
    );
  });

  Deno.test(`random bytes as ${kind} are refused or read, and nothing else`, () => {
    checkProperty(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeHostile(kind, Uint8Array.from(bytes));
      }),
      { numRuns: HOSTILE_INPUTS },
    );
  });

  Deno.test(`a damaged ${kind} is refused or read, and nothing else`, () => {
    checkProperty(
      fc.property(arbitraryMessage[kind], mutations, (message, changes) => {
        decodeHostile(kind, mutate(bodyOf(draft18.control.encode(message), kind), changes));
      }),
      { numRuns: HOSTILE_INPUTS },
    );
  });
}

Deno.test("a message that is read is written again so that it reads the same", () => {
  const kind = fc.constantFrom(...kinds);
  checkProperty(
    fc.property(kind, fc.uint8Array({ maxLength: 60 }), (kind, bytes) => {
      const { type } = messageTable[kind];
      let message;
      try {
        message = draft18.control.decode(type, bytes);
      } catch {
        return;
      }
      // What nobody has a name for is not sent on.
      if ("code" in message && message.code === "unknown") return;
      const again = bodyOf(draft18.control.encode(message), kind);
      assert.deepEqual(draft18.control.decode(type, again), message);
    }),
    { numRuns: 5_000 },
  );
});
