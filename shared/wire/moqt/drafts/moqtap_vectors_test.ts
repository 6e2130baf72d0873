import assert from "node:assert/strict";
import { DecodeError } from "../../errors.ts";
import { foreignVectors, vectorTest } from "../../../../tests/support/foreign_vectors.ts";
import { controlOf } from "../../../../tests/support/layouts.ts";
import type { Draft } from "./draft.ts";
import { draft14 } from "./draft14.ts";
import { draft15 } from "./draft15.ts";
import { draft16 } from "./draft16.ts";
import { draft20 } from "./draft20.ts";
import { draft21 } from "./draft21.ts";

interface Vector {
  readonly id: string;
  /** The whole frame. */
  readonly hex: string;
  /** What it says; absent where it is refused. */
  readonly decoded?: unknown;
  /** False: it can be written otherwise. */
  readonly canonical?: boolean;
}

/** Where we do otherwise than the vectors say, with the reason. */
type Exceptions = Readonly<Record<string, string>>;

const IGNORED = "what is left out by whoever reads it is not written again";
const ABSOLUTE = "the vector counts types of parameters from 0, which is draft 15";
const OF_DRAFT_14: Exceptions = {
  "client-setup.json no-versions-error": "that no version fits is said by the session",
  "subscribe.json unknown-extension-param": IGNORED,
  "subscribe-ok.json no-content": "the order of the vector is none for the draft: it is ascending",
  "publish-namespace-ok.json basic": "the draft has no parameters there: they are not written",
  "subscribe-namespace-ok.json basic": "the draft has no parameters there: they are not written",
};
const OF_DRAFT_15: Exceptions = {
  "subscribe.json unknown-extension-param": IGNORED,
  "publish-namespace.json with-forward": IGNORED,
};
const OF_DRAFT_16: Exceptions = {
  "subscribe-ok.json with-delivery-timeout": IGNORED,
  "publish-namespace.json with-forward": IGNORED,
  "subscribe.json unknown-extension-param": "the draft refuses what it does not have",
  "fetch.json with-params": ABSOLUTE,
  "publish-ok.json with-params": ABSOLUTE,
};

testFolder("draft14", draft14, OF_DRAFT_14);
testFolder("draft15", draft15, OF_DRAFT_15);
testFolder("draft16", draft16, OF_DRAFT_16);
// Its vectors of draft 17 are written in QUIC's integers, which that draft no longer has.
testFolder("draft21", draft21, {});
testFolder("draft21", draft20, {});

function testFolder(folder: string, draft: Draft, exceptions: Exceptions): void {
  const vectors = [...vectorsOf(folder)];
  vectorTest(`${draft.protocol} agrees with moqtap's messages of ${folder}`, vectors, () => {
    const found = vectors.flatMap(([file, vector]) => {
      const difference = differenceOf(draft, vector);
      const id = `${file} ${vector.id}`;
      return difference === undefined || id in exceptions ? [] : [`${id}: ${difference}`];
    });
    assert.deepEqual(found, []);
  });
}

function* vectorsOf(folder: string): Generator<[string, Vector]> {
  for (const [name, json] of foreignVectors(`moqtap/transport/${folder}/codec/messages/`)) {
    for (const vector of (json as { vectors: readonly Vector[] }).vectors) yield [name, vector];
  }
}

function differenceOf(draft: Draft, vector: Vector): string | undefined {
  const { varint, control: { length } } = draft;
  const control = controlOf(draft);
  const frame = Uint8Array.fromHex(vector.hex);
  const size = varint.lengthFrom(frame[0]!);
  try {
    if (frame.length < size + 2) throw new DecodeError("short", "no length");
    const end = size + 2 + length.read(frame, size);
    if (end !== frame.length) throw new DecodeError("short", "another length");
    const message = control.decode(varint.read(frame, 0), frame.slice(size + 2));
    if (vector.decoded === undefined) return "it is read";
    if (vector.canonical === false || "code" in message && message.code === "unknown") {
      return undefined;
    }
    const again = control.encode(message).toHex();
    return again === vector.hex ? undefined : `it is written ${again}, not ${vector.hex}`;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return vector.decoded === undefined ? undefined : `${error.message}: ${vector.hex}`;
  }
}
