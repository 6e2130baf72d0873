/**
 * Where the picture of the network puts each relay. Pure and deterministic: the same relays and
 * links give the same picture, on every reload and for every operator.
 *
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ id: string, region: string }} Placed
 * @typedef {{ a: string, b: string }} Edge
 * @typedef {{ name: string, x: number, y: number, radius: number }} Region
 * @typedef {{ width: number, height: number, regions: Region[], relays: Map<string, Point> }} Layout
 */

/** The distance between adjacent relays: a label fits below each and between them. */
const GAP = 132;
/** Possible centers of a region in the lattice: on a point, in a triangle, on an edge. */
const LATTICE_CENTRES = [
  { x: 0, y: 0 },
  { x: 0.5, y: Math.sqrt(3) / 6 },
  { x: 0.5, y: 0 },
];
/** The margin around a region's outermost relays: half a label and a relay. */
const MARGIN = 62;
/** The minimum distance between regions: a link's label fits in between. */
const SPACE = 76;
/** The horizontal offset of stacked regions. */
const SWAY = 24;
/** The aspect ratio of the ellipse: screens are wider than high. */
const WIDE = 1.35;
const HIGH = 0.75;
/** The margin around the picture, for the names of regions. */
const PADDING = 26;
/** Relays above which swapping is skipped: it tries every pair, which would be noticeable. */
const MAX_SWAPPED = 24;
/** Maximum passes over all pairs; layouts settle in two or three. */
const MAX_PASSES = 6;

/**
 * Each region is a circle full of its relays; the regions stand on an ellipse, or in a column
 * where the picture is to be tall.
 * Neighbors are brought near each other by swapping places as long as that shortens links.
 *
 * @param {{ relays: readonly Placed[], links: readonly Edge[], isTall?: boolean }} network
 * @returns {Layout}
 */
export function layOut({ relays, links, isTall = false }) {
  const groups = byRegion(relays);
  const regionOf = new Map(relays.map(({ id, region }) => [id, region]));
  const circles = [...groups].map(([name, ids]) => {
    const seats = seatsFor(ids.length);
    const radius = Math.max(...seats.map(({ x, y }) => Math.hypot(x, y))) + MARGIN;
    return { name, ids, seats, radius };
  });
  const order = settle(circles.map(({ name }) => name), (names) => {
    return orderLength(names, { regionOf, links, isRing: !isTall });
  });
  const ordered = order.map((name) => circles.find((one) => one.name === name) ?? circles[0]);
  const radii = ordered.map(({ radius }) => radius);
  const centres = isTall ? stackCircles(radii) : placeCircles(radii);

  /** @type {Map<string, Point>} */
  const places = new Map();
  for (const [at, { ids, seats }] of ordered.entries()) seat(places, ids, seats, centres[at]);
  const neighbors = neighborsOf(links);
  for (const [at, { ids, seats }] of ordered.entries()) {
    const settled = settle(ids, (order) => {
      seat(places, order, seats, centres[at]);
      return linkLength(order, neighbors, places);
    });
    seat(places, settled, seats, centres[at]);
  }
  const regions = ordered.map(({ name, radius }, at) => ({ name, radius, ...centres[at] }));
  return moveToOrigin(regions, places);
}

/**
 * The relays of each region, both in the order of their names.
 *
 * @param {readonly Placed[]} relays
 */
function byRegion(relays) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  const sorted = [...relays].sort((a, b) => compare(a.region, b.region) || compare(a.id, b.id));
  for (const { id, region } of sorted) {
    const group = groups.get(region);
    if (group) group.push(id);
    else groups.set(region, [id]);
  }
  return groups;
}

/**
 * Places around a centre: points of a lattice of triangles, laid so that the outermost is nearest.
 *
 * @param {number} count
 * @returns {Point[]}
 */
function seatsFor(count) {
  const reach = Math.ceil(Math.sqrt(count)) + 1;
  const options = LATTICE_CENTRES.map((centre) => {
    /** @type {(Point & { distance: number })[]} */
    const points = [];
    for (let row = -reach; row <= reach; row++) {
      for (let at = -2 * reach; at <= 2 * reach; at++) {
        const x = GAP * (at + row / 2 - centre.x);
        const y = GAP * (row * Math.sqrt(3) / 2 - centre.y);
        // Rounded, so that points at equal distance are ordered by position and not by rounding
        // errors.
        points.push({ x, y, distance: Math.round(Math.hypot(x, y)) });
      }
    }
    points.sort((a, b) => a.distance - b.distance || a.y - b.y || a.x - b.x);
    return points.slice(0, count);
  });
  const best = options.reduce((best, option) => {
    return option[count - 1].distance < best[count - 1].distance ? option : best;
  });
  return best.map(({ x, y }) => ({ x, y }));
}

/**
 * Swaps entries as long as that lowers the price of their order.
 *
 * @param {readonly string[]} names
 * @param {(names: readonly string[]) => number} price
 */
function settle(names, price) {
  const order = [...names];
  if (order.length > MAX_SWAPPED) return order;
  let best = price(order);
  let improved = true;
  for (let pass = 0; improved && pass < MAX_PASSES; pass++) {
    improved = false;
    for (let a = 0; a < order.length; a++) {
      for (let b = a + 1; b < order.length; b++) {
        [order[a], order[b]] = [order[b], order[a]];
        const now = price(order);
        // By more than rounding errors, so that the result does not depend on them.
        if (now < best - 1e-6) {
          best = now;
          improved = true;
        } else [order[a], order[b]] = [order[b], order[a]];
      }
    }
  }
  return order;
}

/**
 * How far apart linked regions stand in their order, in steps.
 *
 * @param {readonly string[]} names
 * @param {{ regionOf: ReadonlyMap<string, string>, links: readonly Edge[], isRing: boolean }} network
 */
function orderLength(names, { regionOf, links, isRing }) {
  const at = new Map(names.map((name, index) => [name, index]));
  let length = 0;
  for (const { a, b } of links) {
    const from = at.get(regionOf.get(a) ?? "");
    const to = at.get(regionOf.get(b) ?? "");
    if (from === undefined || to === undefined) continue;
    const steps = Math.abs(from - to);
    length += isRing ? Math.min(steps, names.length - steps) : steps;
  }
  return length;
}

/**
 * Centres below each other, a little to the left and to the right, so that links pass beside the
 * regions between.
 *
 * @param {readonly number[]} radii
 * @returns {Point[]}
 */
function stackCircles(radii) {
  let y = 0;
  return radii.map((radius, at) => {
    const centre = { x: at % 2 === 0 ? -SWAY : SWAY, y: y + radius };
    y += 2 * radius + SPACE;
    return centre;
  });
}

/**
 * Centres on an ellipse, as small as keeps the circles apart.
 *
 * @param {readonly number[]} radii
 * @returns {Point[]}
 */
function placeCircles(radii) {
  if (radii.length < 2) return radii.map(() => ({ x: 0, y: 0 }));
  const shares = radii.map((radius) => 2 * radius + SPACE);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const isPair = radii.length === 2;
  // Two regions are side by side; more start at the top.
  const start = isPair ? Math.PI : -Math.PI / 2;
  for (let size = total / 12;; size *= 1.03) {
    let before = -shares[0] / 2;
    const centres = shares.map((share, at) => {
      const turn = isPair ? at / 2 : (before + share / 2) / total;
      before += share;
      const angle = start + turn * 2 * Math.PI;
      return { x: WIDE * size * Math.cos(angle), y: HIGH * size * Math.sin(angle) };
    });
    if (areApart(centres, radii)) return centres;
  }
}

/**
 * @param {readonly Point[]} centres
 * @param {readonly number[]} radii
 */
function areApart(centres, radii) {
  return centres.every((one, at) =>
    centres.every((other, next) => {
      const distance = Math.hypot(one.x - other.x, one.y - other.y);
      return next <= at || distance >= radii[at] + radii[next] + SPACE - 1e-6;
    })
  );
}

/**
 * @param {Map<string, Point>} places
 * @param {readonly string[]} ids
 * @param {readonly Point[]} seats
 * @param {Point} centre
 */
function seat(places, ids, seats, centre) {
  for (const [at, id] of ids.entries()) {
    places.set(id, { x: centre.x + seats[at].x, y: centre.y + seats[at].y });
  }
}

/** @param {readonly Edge[]} links */
function neighborsOf(links) {
  /** @type {Map<string, string[]>} */
  const neighbors = new Map();
  for (const { a, b } of links) {
    for (const [from, to] of [[a, b], [b, a]]) {
      const known = neighbors.get(from);
      if (known) known.push(to);
      else neighbors.set(from, [to]);
    }
  }
  return neighbors;
}

/**
 * The length of all links of these relays.
 *
 * @param {readonly string[]} ids
 * @param {ReadonlyMap<string, readonly string[]>} neighbors
 * @param {ReadonlyMap<string, Point>} places
 */
function linkLength(ids, neighbors, places) {
  let length = 0;
  for (const id of ids) {
    const from = places.get(id);
    for (const neighbor of neighbors.get(id) ?? []) {
      const to = places.get(neighbor);
      if (from && to) length += Math.hypot(from.x - to.x, from.y - to.y);
    }
  }
  return length;
}

/**
 * Moves everything so that the picture begins at zero, and rounds to what can be seen.
 *
 * @param {readonly Region[]} regions
 * @param {ReadonlyMap<string, Point>} places
 * @returns {Layout}
 */
function moveToOrigin(regions, places) {
  const left = Math.min(...regions.map(({ x, radius }) => x - radius), Infinity) - PADDING;
  const top = Math.min(...regions.map(({ y, radius }) => y - radius), Infinity) - PADDING;
  const right = Math.max(...regions.map(({ x, radius }) => x + radius), -Infinity) + PADDING;
  const bottom = Math.max(...regions.map(({ y, radius }) => y + radius), -Infinity) + PADDING;
  if (regions.length === 0) return { width: 0, height: 0, regions: [], relays: new Map() };
  /** @param {number} value */
  const round = (value) => Math.round(value * 10) / 10;
  return {
    width: round(right - left),
    height: round(bottom - top),
    regions: regions.map(({ name, x, y, radius }) => {
      return { name, x: round(x - left), y: round(y - top), radius: round(radius) };
    }),
    relays: new Map(
      [...places].map(([id, { x, y }]) => [id, { x: round(x - left), y: round(y - top) }]),
    ),
  };
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
