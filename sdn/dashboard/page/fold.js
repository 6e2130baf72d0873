import { pairKey } from "./pair_key.js";

/** Relays up to which all are drawn. */
export const FOLD_ABOVE = 60;
/** Relays of a region from which on it is drawn as one. */
const LEAST_FOLDED = 3;

/**
 * What is drawn of a large network: each region as one, but for relays that need somebody and for
 * what was chosen. Pure.
 *
 * @param {{ relays: readonly any[], links: readonly import("./model.js").Pair[] }} network
 * @param {{ unfolded: readonly string[], kept: readonly string[] }} how regions that were unfolded,
 *   relays that stand alone
 */
export function fold({ relays, links }, { unfolded, kept }) {
  if (relays.length <= FOLD_ABOVE) return { relays, links };
  const alone = new Set(kept);
  for (const { a, b, state } of links) if (state === "down") alone.add(a).add(b);
  const isAlone = ({ id, region, state }) =>
    alone.has(id) || unfolded.includes(region) || state !== "registered";
  const regions = Map.groupBy(relays.filter((one) => !isAlone(one)), ({ region }) => region);
  const places = new Map(relays.map(({ id }) => [id, id]));
  const drawn = relays.filter(isAlone);
  for (const [region, own] of regions) {
    if (own.length < LEAST_FOLDED) {
      drawn.push(...own);
      continue;
    }
    // No relay's name begins so.
    const id = `\u0001${region}`;
    for (const one of own) places.set(one.id, id);
    const sessions = own.reduce((sum, { load }) => sum + (load?.sessions ?? 0), 0);
    const load = { sessions };
    drawn.push({ id, region, state: "registered", load, label: `${own.length} relays` });
  }
  return { relays: drawn.sort((a, b) => a.id < b.id ? -1 : 1), links: foldLinks(links, places) };
}

/** Links between the same two that are drawn are one. */
function foldLinks(links, places) {
  const folded = new Map();
  for (const link of links) {
    const [a, b] = [places.get(link.a), places.get(link.b)];
    if (a === undefined || b === undefined || a === b) continue;
    if (a === link.a && b === link.b) {
      folded.set(pairKey(a, b), link);
      continue;
    }
    const key = pairKey(a, b);
    const [first, last] = JSON.parse(key);
    const one = folded.get(key) ?? { a: first, b: last, state: "up", carried: [], links: 0 };
    one.links++;
    one.carried = [...one.carried, ...link.carried];
    folded.set(key, one);
  }
  return [...folded.values()];
}
