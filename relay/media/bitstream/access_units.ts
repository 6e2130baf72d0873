import { type NalCodec, unitType } from "../codec/parameter_sets.ts";
import { startCode } from "../codec/start_codes.ts";

/** The unit that may come before each picture. */
const DELIMITER: Record<NalCodec, number> = { avc: 9, hevc: 35 };

/** The pictures of bytes with start codes, cut where there is a delimiter before one. */
export function* framesOf(codec: NalCodec, data: Uint8Array): Generator<Uint8Array> {
  let begins = 0;
  let hasUnits = false;
  for (let at = startCode(data, 0); at + 3 < data.length; at = startCode(data, at + 3)) {
    const isDelimiter = unitType(codec, data.subarray(at + 3)) === DELIMITER[codec];
    if (isDelimiter && hasUnits) {
      yield data.subarray(begins, at);
      begins = at;
    }
    hasUnits ||= !isDelimiter;
  }
  if (data.length > begins) yield data.subarray(begins);
}
