import { pairKey } from "./pair_key.js";

/** Ways that are asked for at once: each is a search of the controller. */
export const MAX_PATHS = 8;

/**
 * A path that tracks take now, from a relay to the source, and what the controller is asked about it.
 *
 * @typedef {{ relay: string, source: string, hop: string, tracks: number, without?: string,
 *   host?: string }} Path
 */

/**
 * The paths that would change if what is opened failed: a relay or a machine that tracks pass through, a
 * link that carries them, or the next hop of each relay that takes a track.
 *
 * @param {{ relay?: string, link?: string, track?: string, host?: string }} opened
 * @param {readonly import("./model.js").Flow[]} flows
 * @param {readonly string[]} [members] the relays of the machine
 * @returns {Path[]}
 */
export function pathsOf({ relay, link, track, host }, flows, members = []) {
  const paths = new Map();
  for (const flow of flows) {
    const { relay: at, next_hop: hop, source } = flow;
    const isMeant = relay !== undefined
      ? hop === relay && source !== relay
      : host !== undefined
      ? members.includes(hop) && ![at, source].some((end) => members.includes(end))
      : link !== undefined
      ? pairKey(at, hop) === link
      : flow.track === track;
    if (!isMeant) continue;
    const key = JSON.stringify([at, source, hop]);
    // A link that fails is left out by asking for a route with another first link.
    const without = link === undefined && hop !== source ? hop : undefined;
    const path = paths.get(key) ?? { relay: at, source, hop, tracks: 0, without, host };
    path.tracks++;
    paths.set(key, path);
  }
  return [...paths.values()];
}

/**
 * What the controller's graph says that a path would be.
 *
 * @param {(path: string) => Promise<any>} ask
 * @param {Path} path
 * @returns {Promise<{ now: string[], instead: string[] | undefined, why: string }>}
 */
export async function askPath(ask, { relay, source, without, host }) {
  const query = new URLSearchParams({ from: relay, to: source, k: "1", explain: "true" });
  const { full_path: now = [], alternates: [other] = [] } = await ask(`route?${query}`)
    .catch(() => ({}));
  if (without === undefined && host === undefined) {
    return { now, instead: other?.full_path, why: "no other path" };
  }
  if (host === undefined) query.set("without", without);
  else query.set("without_host", host);
  try {
    return { now, instead: (await ask(`route?${query}`)).full_path, why: "" };
  } catch (error) {
    return { now, instead: undefined, why: error.message };
  }
}
