import assert from "node:assert/strict";
import { EncodeError } from "../../errors.ts";
import { DEFAULT_TRACK_PROPERTIES } from "../../properties.ts";
import { rfc9000, vi64 } from "../../varint.ts";
import { data18 } from "../drafts/draft18_data.ts";
import { deltaPairs } from "./property_form.ts";
import { decodeTrackProperties } from "./track_properties.ts";

const from = deltaPairs(vi64);
const to = deltaPairs(rfc9000);

function translate(hex: string): string {
  return to.of({ bytes: Uint8Array.fromHex(hex), form: from }).toHex();
}

Deno.test("PropertyForm.of() gives a block of its own form as it is", () => {
  const bytes = Uint8Array.fromHex("80023c01");
  assert.equal(from.of({ bytes, form: from }), bytes);
});

Deno.test("PropertyForm.of() writes types, integers and lengths in its own integers, and bytes as they are", () => {
  assert.equal(translate("8080" + "812c" + "0103ffffff"), "4080" + "412c" + "0103ffffff");
  assert.equal(translate(""), "");
});

Deno.test("PropertyForm.of() translates immutable properties too, and leaves alone what is none", () => {
  assert.equal(translate("0b048080812c"), "0b0440804" + "12c");
  assert.equal(translate("0b0180"), "0b0180");
});

Deno.test("PropertyForm.of() and back gives the same block", () => {
  for (const hex of ["3c02", "0b0202010202aabb", "808005"]) {
    const there = to.of({ bytes: Uint8Array.fromHex(hex), form: from });
    assert.equal(from.of({ bytes: there, form: to }).toHex(), hex);
  }
});

Deno.test("PropertyForm.of() refuses values that its integers do not carry", () => {
  assert.throws(() => translate(`02${"ff".repeat(9)}`), EncodeError);
});

Deno.test("DEFAULT_TRACK_PROPERTIES are those of a track of which nothing is said", () => {
  assert.deepEqual(decodeTrackProperties(new Uint8Array(0), data18), DEFAULT_TRACK_PROPERTIES);
});
