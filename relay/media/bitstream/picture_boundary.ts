/** Finds where pictures of H.264 begin, by one unit after the other (H.264, 7.4.1.2.3). */
export class PictureBoundary {
  #hasPicture = false;

  /** Whether a picture begins with a unit, of which the first two bytes are enough. */
  isBefore(unit: Uint8Array): boolean {
    const type = unit[0]! & 31;
    const isSlice = type >= 1 && type <= 5;
    // The first slice of a picture begins at its first macroblock: the number 0, whose code is one bit.
    const begins = this.#hasPicture &&
      (isSlice ? type !== 3 && type !== 4 && (unit[1]! & 0x80) !== 0 : LEADING.has(type));
    if (begins) this.#hasPicture = false;
    if (isSlice) this.#hasPicture = true;
    return begins;
  }
}

/** Units that come before the first slice of a picture: enhancement information, sets, delimiter, prefix. */
const LEADING = new Set([6, 7, 8, 9, 14, 15, 16, 17, 18]);
