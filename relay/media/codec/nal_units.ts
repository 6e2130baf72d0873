import { type NalCodec, unitType } from "./parameter_sets.ts";

/** The units of a frame that have their lengths before them; undefined where they do not fill it exactly. */
export function unitsWithLengths(data: Uint8Array, lengthBytes: number): Uint8Array[] | undefined {
  const units: Uint8Array[] = [];
  let at = 0;
  while (at + lengthBytes < data.length) {
    let length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + data[at + index]!;
    at += lengthBytes;
    if (length === 0) continue;
    if (length > data.length - at) return undefined;
    units.push(data.subarray(at, at + length));
    at += length;
  }
  return at === data.length && data.length > 0 ? units : undefined;
}

/** Whether decoding can begin with a unit: an IDR picture, and in H.265 also BLA and CRA (7.4.2.2). */
export function isRandomAccess(codec: NalCodec, unit: Uint8Array): boolean {
  const type = unitType(codec, unit);
  return codec === "avc" ? type === 5 : type >= 16 && type <= 21;
}
