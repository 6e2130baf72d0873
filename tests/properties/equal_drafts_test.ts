import { controlCodec, deltaPairs, type StreamDraft } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { type Codec, struct } from "../../shared/wire/codec.ts";
import { wireDifferences } from "../support/equal_drafts.ts";
import { layoutsOf } from "../support/layouts.ts";
import { referenceData, referenceDraft } from "../support/reference_draft.ts";
import { testDraft } from "../support/test_draft.ts";

const { control, varint: format } = referenceDraft;

/** The draft for tests with everything of the reference draft but its name, in tables of its own. */
const twin: StreamDraft = {
  ...testDraft,
  varint: format,
  control: controlCodec({ ...control.messages }, format, control.length),
  data: { ...referenceData, name: "twin", properties: deltaPairs(format) },
  sessionCodes: { ...referenceDraft.sessionCodes },
  streamCodes: { ...referenceDraft.streamCodes },
  requestCodes: { ...referenceDraft.requestCodes },
  doneCodes: { ...referenceDraft.doneCodes },
};

Deno.test("two drafts with the same tables are equal on the wire, whatever they are called", () => {
  assert.deepEqual(wireDifferences(referenceDraft, twin), []);
});

Deno.test("a draft with other integers, types and codes differs in those", () => {
  const found = wireDifferences(referenceDraft, testDraft);
  for (const what of ["integers", "fetchRanges", "subscribe", "stream codes", "request codes"]) {
    assert.ok(found.includes(what), `${what} of ${found}`);
  }
  assert.ok(!found.includes("family"));
});

Deno.test("a layout whose fields are the same differs by its bytes", () => {
  const odd: Codec<bigint> = {
    encode: (writer, value) => writer.varint(value ^ 1n),
    decode: (reader) => reader.varint() ^ 1n,
  };
  const { fields } = layoutsOf(referenceDraft).find(({ kind }) => kind === "publishNamespace")!;
  const body = struct({ ...fields, requestId: odd }) as unknown as Codec<never>;
  const messages = { ...control.messages, publishNamespace: { type: 0x6n, body } };
  const other = { ...twin, control: controlCodec(messages, format, control.length) };
  assert.deepEqual(wireDifferences(referenceDraft, other), ["bytes of publishNamespace"]);
});
