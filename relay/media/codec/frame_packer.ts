import { join, u32 } from "../mp4/boxes.ts";
import { isRandomAccess } from "./nal_units.ts";
import { type NalCodec, ParameterSets, unitType } from "./parameter_sets.ts";
import { unitsOf } from "./start_codes.ts";

/** What a frame with start codes becomes in MP4. */
export interface PackedFrame {
  /** The frame, with the length of each unit before it, without parameter sets. */
  readonly data: Uint8Array;
  readonly isKey: boolean;
  /** The content of avcC or hvcC, once all parameter sets have come. */
  readonly description: Uint8Array | undefined;
}

/** The unit before each frame, which MP4 does not have. */
const DELIMITER: Record<NalCodec, number> = { avc: 9, hevc: 35 };

/** Turns frames of one track with start codes (Annex B) into those of MP4. */
export class FramePacker {
  readonly #codec: NalCodec;
  readonly #sets: ParameterSets;

  constructor(codec: NalCodec) {
    this.#codec = codec;
    this.#sets = new ParameterSets(codec);
  }

  /** Throws a MediaError for a frame whose parameter sets are of no use. */
  pack(data: Uint8Array): PackedFrame {
    const kept: Uint8Array[] = [];
    let isKey = false;
    for (const unit of unitsOf(data)) {
      if (this.#sets.take(unit) || unitType(this.#codec, unit) === DELIMITER[this.#codec]) continue;
      isKey ||= isRandomAccess(this.#codec, unit);
      kept.push(unit);
    }
    const parts = kept.flatMap((unit) => [u32(unit.length), unit]);
    return { data: join(parts), isKey, description: this.#sets.record };
  }
}
