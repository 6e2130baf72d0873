import type { MalformedProperties, ObjectGaps } from "../../properties.ts";
import { PairCursor, type PairLayout } from "./pair_cursor.ts";
import { isMandatory, Property } from "./property.ts";

const NO_GAPS: ObjectGaps = Object.freeze({
  priorGroupGap: undefined,
  priorObjectGap: undefined,
});

const IMMUTABLE_PROPERTIES = Number(Property.IMMUTABLE_PROPERTIES);
const PRIOR_GROUP_ID_GAP = Number(Property.PRIOR_GROUP_ID_GAP);
const PRIOR_OBJECT_ID_GAP = Number(Property.PRIOR_OBJECT_ID_GAP);

/** How properties are written, and whether some types are of tracks alone. */
export interface PropertyLayout extends PairLayout {
  readonly hasMandatory: boolean;
}

/**
 * Checks the properties of an object, the immutable ones too, and reads the gaps they tell of. It is
 * up to the caller to compare the gaps with the object's ids and with what it knows of the track.
 */
export function validateObjectProperties(
  bytes: Uint8Array,
  layout: PropertyLayout,
): ObjectGaps | MalformedProperties {
  if (bytes.length === 0) return NO_GAPS;
  const check = new Check(layout);
  const malformed = check.read(bytes, 0, bytes.length, false);
  if (malformed !== undefined) return { malformed };
  const { priorGroupGap, priorObjectGap } = check;
  if (priorGroupGap === undefined && priorObjectGap === undefined) return NO_GAPS;
  return { priorGroupGap, priorObjectGap };
}

/** One pass over the properties of one object. */
class Check {
  priorGroupGap: bigint | undefined = undefined;
  priorObjectGap: bigint | undefined = undefined;
  #hasImmutable = false;
  readonly #layout: PropertyLayout;

  constructor(layout: PropertyLayout) {
    this.#layout = layout;
  }

  /** Reads the pairs from `at` to `end` and returns what is wrong with them, if anything is. */
  read(bytes: Uint8Array, at: number, end: number, immutable: boolean): string | undefined {
    const pair = new PairCursor(this.#layout, bytes, at, end);
    for (;;) {
      const reached = pair.advance();
      if (reached === "end") return undefined;
      if (reached === "unreadable") return "A property of an object cannot be parsed";
      if (this.#layout.hasMandatory && isMandatory(pair.type)) {
        return `An object has the track property 0x${pair.type.toString(16)}`;
      }
      let malformed: string | undefined;
      if (pair.isInteger) {
        malformed = this.#readInteger(pair.type, bytes, pair.valueStart);
      } else if (pair.type === IMMUTABLE_PROPERTIES) {
        malformed = this.#readImmutable(bytes, pair.valueStart, pair.valueEnd, immutable);
      }
      if (malformed !== undefined) return malformed;
    }
  }

  #readInteger(type: number, bytes: Uint8Array, at: number): string | undefined {
    if (type === PRIOR_GROUP_ID_GAP) {
      if (this.priorGroupGap !== undefined) return "An object has two gaps of groups";
      this.priorGroupGap = this.#layout.varint.read(bytes, at);
    } else if (type === PRIOR_OBJECT_ID_GAP) {
      if (this.priorObjectGap !== undefined) return "An object has two gaps of objects";
      this.priorObjectGap = this.#layout.varint.read(bytes, at);
    }
    return undefined;
  }

  #readImmutable(
    bytes: Uint8Array,
    at: number,
    end: number,
    nested: boolean,
  ): string | undefined {
    if (nested) return "Immutable properties hold immutable properties";
    if (this.#hasImmutable) return "An object has two blocks of immutable properties";
    this.#hasImmutable = true;
    return this.read(bytes, at, end, true);
  }
}
