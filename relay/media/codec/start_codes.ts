/** Whether a frame begins with a start code, not with a length. */
export function isAnnexB(data: Uint8Array): boolean {
  return data[0] === 0 && data[1] === 0 && (data[2] === 1 || data[2] === 0 && data[3] === 1);
}

/** The units between start codes (Annex B of H.264 and H.265). */
export function* unitsOf(data: Uint8Array): Generator<Uint8Array> {
  let start = -1;
  for (let at = startCode(data, 0); at < data.length; at = startCode(data, at + 3)) {
    if (start >= 0) yield* unit(data, start, at);
    start = at + 3;
  }
  if (start >= 0) yield* unit(data, start, data.length);
}

/** Where the next start code of three bytes begins, at `from` or behind; the length where there is none. */
export function startCode(data: Uint8Array, from: number): number {
  for (let at = data.indexOf(1, from + 2); at >= 0; at = data.indexOf(1, at + 1)) {
    if (data[at - 1] === 0 && data[at - 2] === 0) return at - 2;
  }
  return data.length;
}

/** A unit without the zeros that belong to the next start code. */
function* unit(data: Uint8Array, from: number, to: number): Generator<Uint8Array> {
  let end = to;
  while (end > from && data[end - 1] === 0) end--;
  if (end > from) yield data.subarray(from, end);
}
