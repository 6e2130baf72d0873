/**
 * Where labels go so that none covers another one, and which stay away for that. Pure.
 *
 * @typedef {{ x: number, y: number }} Point the middle of a label
 * @typedef {{ x: number, y: number, width: number, height: number }} Box around its middle
 * @typedef {{ key: string, width: number, height: number, places: readonly Point[] }} Label
 */

/**
 * Places labels in their order, each at the first of its places that is free.
 *
 * @param {readonly Label[]} labels the ones that matter most first
 * @param {readonly Box[]} taken what they must not cover
 * @returns {Map<string, Point>}
 */
export function placeLabels(labels, taken) {
  /** @type {Map<string, Box[]>} */
  const cells = new Map();
  const size = Math.max(1, ...labels.map(({ width, height }) => Math.max(width, height)));
  for (const box of taken) add(cells, size, box);
  const placed = new Map();
  for (const { key, width, height, places } of labels) {
    const place = places.find(({ x, y }) => isFree(cells, size, { x, y, width, height }));
    if (place === undefined) continue;
    placed.set(key, place);
    add(cells, size, { ...place, width, height });
  }
  return placed;
}

function add(cells, size, box) {
  for (const key of cellsOf(box, size)) {
    const known = cells.get(key);
    if (known) known.push(box);
    else cells.set(key, [box]);
  }
}

function isFree(cells, size, box) {
  for (const key of cellsOf(box, size)) {
    if (cells.get(key)?.some((other) => areOver(box, other))) return false;
  }
  return true;
}

/** The grid cells that a box touches: only boxes in the same cells are compared. */
function* cellsOf({ x, y, width, height }, size) {
  const [left, right] = [x - width / 2, x + width / 2].map((at) => Math.floor(at / size));
  const [top, bottom] = [y - height / 2, y + height / 2].map((at) => Math.floor(at / size));
  for (let column = left; column <= right; column++) {
    for (let row = top; row <= bottom; row++) yield `${column} ${row}`;
  }
}

function areOver(one, other) {
  return Math.abs(one.x - other.x) < (one.width + other.width) / 2 &&
    Math.abs(one.y - other.y) < (one.height + other.height) / 2;
}
