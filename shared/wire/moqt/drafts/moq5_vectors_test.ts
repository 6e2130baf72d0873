import assert from "node:assert/strict";
import { foreignVectors, vectorTest } from "../../../../tests/support/foreign_vectors.ts";
import { decodeDatagram } from "../data/datagram.ts";
import { SHORT } from "../../varint_end.ts";
import { draft16 } from "./draft16.ts";

interface Vector {
  readonly type: string;
  readonly description: string;
  readonly wire_hex: string;
  readonly expected: {
    readonly group_id?: number;
    readonly object_id?: number;
    readonly range_kind?: string;
    readonly payload_hex?: string;
    /** The object that this one refers to. */
    readonly prior?: unknown;
  };
}

/** What is no control message. */
const OBJECTS: ReadonlySet<string> = new Set(["OBJECT_DATAGRAM", "FETCH_DATA"]);

const OF_MOQ5 = "moq5-d16/tests/vectors/d16/manifest.json";
const vectors = [...foreignVectors(OF_MOQ5)].flatMap(([, json]) =>
  (json as { vectors: readonly Vector[] }).vectors
);

vectorTest("moqt-16 reads and writes the messages of moq5 as they are", vectors, () => {
  const { control, varint } = draft16;
  for (const { type, description, wire_hex } of vectors) {
    if (OBJECTS.has(type)) continue;
    const frame = Uint8Array.fromHex(wire_hex);
    const size = varint.lengthFrom(frame[0]!);
    assert.equal(size + 2 + control.length.read(frame, size), frame.length, description);
    const message = control.decode(varint.read(frame, 0), frame.slice(size + 2));
    // A code that is none of the draft's is not written.
    if ("code" in message && message.code === "unknown") continue;
    assert.equal(control.encode(message).toHex(), wire_hex, description);
  }
});

vectorTest("moqt-16 reads the datagrams of moq5", vectors, () => {
  for (const { type, description, wire_hex } of vectors) {
    if (type !== "OBJECT_DATAGRAM") continue;
    assert.notEqual(
      decodeDatagram(Uint8Array.fromHex(wire_hex), draft16.data),
      undefined,
      description,
    );
  }
});

vectorTest("moqt-16 reads what moq5 sends in a fetch", vectors, () => {
  const ofFetch = vectors.filter(({ type }) => type === "FETCH_DATA");
  for (const { description, wire_hex, expected } of ofFetch) {
    // The vector that refers to an object before it refers to the first one.
    const prior = expected.prior === undefined ? "" : ofFetch[0]!.wire_hex;
    const bytes = Uint8Array.fromHex(prior + wire_hex);
    const decoder = draft16.data.fetch.decoder("ascending", draft16.data);
    let at = 0;
    let payload = "";
    while (at < bytes.length) {
      const start = decoder.decode(bytes, at, bytes.length);
      assert.notEqual(start, SHORT, description);
      at = start + (decoder.kind === "object" ? decoder.payloadLength : 0);
      payload = bytes.slice(start, at).toHex();
    }
    const { kind, group, object } = decoder;
    const range = { "0x8c": "non_existent", "0x10c": "unknown" }[expected.range_kind ?? ""];
    assert.deepEqual([kind, group, object, payload], [
      range ?? "object",
      BigInt(expected.group_id!),
      expected.object_id,
      expected.payload_hex ?? "",
    ], description);
  }
});
