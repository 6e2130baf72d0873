/**
 * The most similar name, for a "did you mean". Undefined when none is similar: more than `most` of
 * its letters would have to change, by default a third.
 */
export function suggest(
  wrong: string,
  names: readonly string[],
  most?: number,
): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance > (most ?? Math.max(1, Math.floor(name.length / 3)))) continue;
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  return best?.name ?? (most === undefined ? completed(wrong, names) : undefined);
}

// Insertions, deletions and replacements; two swapped letters cost two.
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[to.length]!;
}

// `cert` for `cert_file`, where it can be nothing else.
function completed(wrong: string, names: readonly string[]): string | undefined {
  const longer = names.filter((name) => name.startsWith(wrong.toLowerCase()));
  return wrong.length >= MIN_BEGINNING && longer.length === 1 ? longer[0] : undefined;
}

const MIN_BEGINNING = 3;
