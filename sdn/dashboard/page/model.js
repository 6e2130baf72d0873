import { pairKey } from "./pair_key.js";

/** Directory entries held by the page; the search covers these. */
export const MAX_ANNOUNCES = 20_000;

/** Events held by the page, for scrolling. */
export const MAX_LOG = 500;

/** States of a relay, the most urgent first. */
export const STATES = [
  "unreachable",
  "expired",
  "never_registered",
  "draining",
  "registered",
  "deregistered",
];

/**
 * What the page knows of the network, and how events change it. Knows no DOM and no clock.
 *
 * @typedef {{ cost?: number, up?: boolean, rtt_ms?: number, loss?: number }} LinkReport
 * @typedef {{ relay: string, region: string, address: string, state: string,
 *   links: Record<string, LinkReport>, load?: Record<string, number>, announces: number,
 *   version?: string, lease_expires_at: string }} Relay
 * @typedef {{ id: string, region: string, address?: string, state: string, host?: string,
 *   last_seen?: string, last?: Last }} Node
 * @typedef {{ load?: Record<string, number>, only_had?: string[],
 *   only_had_count?: number }} Last what an expired relay had
 * @typedef {{ id: number, time: string, level: string, kind: string, text: string,
 *   relay?: string, neighbor?: string }} Happening
 * @typedef {{ from: string, to: string, state: string, configured_cost: number, cost?: number,
 *   rtt_ms?: number, loss?: number }} Link
 * @typedef {{ relay: string, track: string, registered_at: string }} Announce
 * @typedef {{ relay: string, track: string, next_hop: string, source: string }} Flow
 * @typedef {{ a: string, b: string, state: string, there: Link | undefined,
 *   back: Link | undefined, carried: Flow[] }} Pair
 */
export class Model {
  revision = 0;
  /** @type {Link[]} */
  links = [];
  /** @type {Map<string, Relay>} */
  relays = new Map();
  /** By relay, then by track. @type {Map<string, Map<string, Announce>>} */
  announces = new Map();
  /** What each relay takes from its neighbors. @type {Map<string, Flow[]>} */
  flows = new Map();
  /** The number of announces held, and whether some were dropped. */
  announceCount = 0;
  isDirectoryCut = false;
  /** What happened, the newest first. @type {Happening[]} */
  log = [];
  /** The newest known event, to request later ones. */
  newestEvent = 0;
  /** Relays that ended without a word, by name. @type {Map<string, Node>} */
  #expired = new Map();
  /** @type {Node[]} */
  #declared = [];

  /** Every relay that the page shows, by name. @type {Node[]} */
  nodes = [];

  /** Clears what a snapshot repeats. */
  beginSnapshot() {
    this.announces = new Map();
    this.flows = new Map();
    this.announceCount = 0;
    this.isDirectoryCut = false;
  }

  /**
   * Takes one event in; says whether graph and relays should be asked for anew.
   *
   * @param {string} event
   * @param {any} data
   * @returns {boolean}
   */
  apply(event, data) {
    if (typeof data.revision === "number") this.revision = Math.max(this.revision, data.revision);
    switch (event) {
      case "graph":
        this.takeGraph(data);
        return true;
      case "announces":
        for (const one of data.entries) this.#addAnnounce(one);
        return false;
      case "announce":
        this.#addAnnounce(data);
        return false;
      case "withdraw":
        this.#removeAnnounce(data.relay, data.track);
        return false;
      case "flows":
        this.#takeFlows(data);
        return false;
      case "relay":
        this.relays.set(data.relay, data);
        return true;
      case "gone":
        this.#remove(data.relay, data.reason);
        return true;
      case "costs":
        return true;
      default:
        return false;
    }
  }

  /** @param {{ revision: number, nodes: Node[], links: Link[] }} graph */
  takeGraph({ revision, nodes, links }) {
    this.revision = Math.max(this.revision, revision);
    this.#declared = nodes;
    this.links = links;
    this.#gather();
  }

  /** @param {{ relays: Relay[], expired?: any[] }} answer */
  takeRelays({ relays, expired = [] }) {
    this.relays = new Map(relays.map((one) => [one.relay, one]));
    this.#expired = new Map(expired.map(({ relay, region, address, last_seen, ...last }) => {
      return [relay, { id: relay, region, address, state: "expired", last_seen, last }];
    }));
    this.#gather();
  }

  /** @param {{ newest: number, events: Happening[] }} answer the oldest first */
  takeEvents({ newest, events }) {
    // Another controller answers: its event ids differ.
    if (newest < this.newestEvent) this.log = [];
    this.log = [...events.toReversed(), ...this.log].slice(0, MAX_LOG);
    this.newestEvent = newest;
  }

  /** Links by pairs of relays, in the order of their names. @returns {Pair[]} */
  pairs() {
    /** @type {Map<string, Pair>} */
    const pairs = new Map();
    const carried = Map.groupBy([...this.flows.values()].flat(), keyOf);
    for (const link of this.links) {
      const isThere = link.from < link.to;
      const [a, b] = isThere ? [link.from, link.to] : [link.to, link.from];
      const key = pairKey(a, b);
      const pair = pairs.get(key) ??
        { a, b, state: "down", there: undefined, back: undefined, carried: carried.get(key) ?? [] };
      pair[isThere ? "there" : "back"] = link;
      pairs.set(key, pair);
    }
    for (const pair of pairs.values()) pair.state = pairState(pair);
    return [...pairs.values()].sort((one, other) =>
      compare(one.a, other.a) || compare(one.b, other.b)
    );
  }

  /** Every relay with what it reports; the last report of an unreachable one is outdated. */
  heard() {
    return this.nodes.map((node) => {
      const isHeard = node.state === "registered" || node.state === "draining";
      const { load, announces } = isHeard ? this.relays.get(node.id) ?? {} : {};
      const { version } = this.relays.get(node.id) ?? {};
      return { ...node, load, announces, version };
    });
  }

  /** The tracks that a link carries. @param {string} link as `pairKey` writes it */
  carriedBy(link) {
    return [...this.flows.values()].flat().filter((flow) => keyOf(flow) === link);
  }

  /**
   * Announces whose track or relay has the text in it, in order.
   *
   * @param {string} text
   */
  search(text) {
    const wanted = text.trim().toLowerCase();
    const found = [];
    for (const tracks of this.announces.values()) {
      for (const one of tracks.values()) {
        const isFound = wanted === "" || one.track.toLowerCase().includes(wanted) ||
          one.relay.toLowerCase().includes(wanted);
        if (isFound) found.push(one);
      }
    }
    return found.sort((a, b) => compare(a.track, b.track) || compare(a.relay, b.relay));
  }

  #takeFlows({ relay, flows }) {
    if (flows.length === 0) this.flows.delete(relay);
    else this.flows.set(relay, flows.map((flow) => ({ relay, ...flow })));
  }

  /** @param {Announce} one */
  #addAnnounce(one) {
    const tracks = this.announces.get(one.relay) ?? new Map();
    const isNew = !tracks.has(one.track);
    if (isNew && this.announceCount >= MAX_ANNOUNCES) {
      this.isDirectoryCut = true;
      return true;
    }
    tracks.set(one.track, one);
    this.announces.set(one.relay, tracks);
    if (isNew) this.announceCount++;
    return isNew;
  }

  #removeAnnounce(relay, track) {
    const tracks = this.announces.get(relay);
    if (!tracks?.delete(track)) return;
    this.announceCount--;
    if (tracks.size === 0) this.announces.delete(relay);
  }

  /** An expired relay stays in the list until a new list omits it. */
  #remove(relay, reason) {
    this.announceCount -= this.announces.get(relay)?.size ?? 0;
    this.announces.delete(relay);
    this.flows.delete(relay);
    this.relays.delete(relay);
    const known = this.nodes.find(({ id }) => id === relay);
    if (known && reason === "expired") this.#expired.set(relay, { ...known, state: "expired" });
    this.#declared = this.#declared.filter(({ id }) => id !== relay);
    this.#gather();
  }

  /** The nodes of the graph, and expired relays that no neighbor declares. */
  #gather() {
    const nodes = new Map(this.#expired);
    for (const node of this.#declared) {
      const { last_seen, last } = this.relays.get(node.id) ?? this.#expired.get(node.id) ?? {};
      nodes.set(node.id, { ...node, ...(last_seen && { last_seen }), ...(last && { last }) });
    }
    this.nodes = [...nodes.values()].sort((a, b) => compare(a.id, b.id));
  }
}

/** The link of a flow. */
function keyOf({ relay, next_hop }) {
  return pairKey(relay, next_hop);
}

// Usable if either direction is; the table shows the directions separately.
function pairState({ there, back }) {
  const states = [there?.state, back?.state];
  return states.includes("up") ? "up" : states.includes("down") ? "down" : "one_way";
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
