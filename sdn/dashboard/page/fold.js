import { machineOf } from "./machines.js";
import { pairKey } from "./pair_key.js";

/** Relays up to which all are drawn. */
export const FOLD_ABOVE = 60;
/** Relays of a region from which on it is drawn as one. */
const LEAST_FOLDED = 3;
// No relay's name begins so.
const REGION = "\u0001";
const MACHINE = "\u0002";

/** What unfolds a machine. @param {string} host */
export function machineKey(host) {
  return `${MACHINE}${host}`;
}

/**
 * What unfolds what is drawn as one under this id: a region by its name, or a machine; undefined for a
 * relay.
 *
 * @param {string} id
 */
export function foldOf(id) {
  if (id.startsWith(MACHINE)) return id;
  return id.startsWith(REGION) ? id.slice(REGION.length) : undefined;
}

/**
 * What is drawn of a network: each machine as one, and each region of a large network, but for relays
 * that need somebody and for what was chosen. Pure.
 *
 * @param {{ relays: readonly any[], links: readonly import("./model.js").Pair[] }} network
 * @param {{ unfolded: readonly string[], kept: readonly string[] }} how regions and machines that were
 *   unfolded, relays that stand alone
 * @returns {{ relays: any[], links: any[] }}
 */
export function fold(network, { unfolded, kept }) {
  const alone = new Set(kept);
  for (const { a, b, state } of network.links) if (state === "down") alone.add(a).add(b);
  const isAlone = ({ id, state }) => alone.has(id) || state !== "registered";
  const machines = merge(network, {
    idOf: (relay) => {
      const key = machineKey(relay.host);
      const isOne = relay.host === undefined || isAlone(relay) || unfolded.includes(key);
      return isOne ? undefined : key;
    },
    least: 2,
    draw: drawMachine,
  });
  if (machines.relays.length <= FOLD_ABOVE) return machines;
  return merge(machines, {
    idOf: (relay) =>
      isAlone(relay) || unfolded.includes(relay.region) ? undefined : `${REGION}${relay.region}`,
    least: LEAST_FOLDED,
    draw: drawRegion,
  });
}

function drawMachine(id, members) {
  const { host, region, sessions, cpu } = machineOf(members[0].host, members);
  const load = { sessions, ...cpu !== undefined && { cpu } };
  const label = `${host}: ${members.length} relays`;
  return { id, region, host, state: "registered", load, label, count: members.length };
}

function drawRegion(id, members) {
  const sum = (read) => members.reduce((all, one) => all + read(one), 0);
  const load = { sessions: sum((one) => one.load?.sessions ?? 0) };
  const label = `${sum(({ count = 1 }) => count)} relays`;
  return { id, region: members[0].region, state: "registered", load, label };
}

/** Draws those as one that have the same id, if there are enough of them. */
function merge({ relays, links }, { idOf, least, draw }) {
  const groups = Map.groupBy(relays, idOf);
  const drawn = groups.get(undefined) ?? [];
  if (drawn.length === relays.length) return { relays, links };
  groups.delete(undefined);
  const places = new Map(relays.map(({ id }) => [id, id]));
  const all = [...drawn];
  for (const [id, members] of groups) {
    if (members.length < least) {
      all.push(...members);
      continue;
    }
    for (const one of members) places.set(one.id, id);
    all.push(draw(id, members));
  }
  return { relays: all.sort((a, b) => a.id < b.id ? -1 : 1), links: foldLinks(links, places) };
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
