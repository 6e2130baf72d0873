import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { av1DescriptionBehind } from "./av1.ts";
import { avcLengthBytes } from "./avc.ts";
import { type CodecName, configOf, isNalCodec } from "./codecs.ts";
import { hevcLengthBytes } from "./hevc.ts";
import { isRandomAccess, unitsWithLengths } from "./nal_units.ts";
import { type NalCodec, ParameterSets } from "./parameter_sets.ts";

/** How a frame was looked over: it is a key frame only where its bitstream says so too. */
export interface CheckedFrame {
  readonly isSound: boolean;
  readonly isKey: boolean;
}

const UNSOUND: CheckedFrame = { isSound: false, isKey: false };

/** A frame as its container has it. */
interface ContainedFrame {
  readonly data: Uint8Array;
  /** Whether it is a key frame by the word of the container. */
  readonly isKey: boolean;
}

/**
 * Looks over the frames of one track, and follows the parameter sets or sequence headers that come with
 * them: what its decoder has to know changes with the key frame that brings them.
 */
export class FrameWatch {
  readonly codec: CodecName;
  readonly #units: UnitWatch | undefined;
  #config: TrackConfig | undefined;

  /** Throws {@linkcode MediaError} for a description that is none of the codec. */
  constructor(codec: CodecName, description: Uint8Array) {
    this.codec = codec;
    this.#units = isNalCodec(codec) ? new UnitWatch(codec, description) : undefined;
    const record = this.#units === undefined ? description : this.#units.record;
    if (record !== undefined) this.#config = configOf[codec](record);
  }

  /** What a decoder has to know of the next frames; undefined while no parameter sets have come. */
  get config(): TrackConfig | undefined {
    return this.#config;
  }

  /** Looks over the next frame; `config` may be another one behind it. */
  check({ data, isKey }: ContainedFrame): CheckedFrame {
    if (data.length === 0) return UNSOUND;
    try {
      if (this.#units === undefined) {
        if (this.codec === "av1" && isKey) this.#followSequence(data);
        return { isSound: true, isKey };
      }
      const checked = this.#units.check(data);
      if (!checked.isSound || !isKey || !checked.isKey) return { ...checked, isKey: false };
      this.#follow(this.#units.record);
      return checked;
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      return UNSOUND;
    }
  }

  #followSequence(frame: Uint8Array): void {
    const known = this.#config?.description;
    if (known !== undefined) this.#follow(av1DescriptionBehind(known, frame));
  }

  #follow(record: Uint8Array | undefined): void {
    if (record === undefined || record === this.#config?.description) return;
    this.#config = configOf[this.codec](record);
  }
}

/** The units of the frames of H.264 or H.265, with their lengths before them. */
class UnitWatch {
  readonly #codec: NalCodec;
  readonly #sets: ParameterSets;
  readonly #lengthBytes: number;

  constructor(codec: NalCodec, description: Uint8Array) {
    this.#codec = codec;
    this.#sets = new ParameterSets(codec, description);
    this.#lengthBytes = (codec === "avc" ? avcLengthBytes : hevcLengthBytes)(description);
  }

  get record(): Uint8Array | undefined {
    return this.#sets.record;
  }

  check(data: Uint8Array): CheckedFrame {
    const units = unitsWithLengths(data, this.#lengthBytes);
    if (units === undefined) return UNSOUND;
    for (const unit of units) this.#sets.take(unit);
    return { isSound: true, isKey: units.some((unit) => isRandomAccess(this.#codec, unit)) };
  }
}
