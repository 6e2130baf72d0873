import { pairKey } from "./pair_key.js";

/** Entries of the directory that the page holds: search looks through these. */
export const MAX_ANNOUNCES = 20_000;

/** Lines of the event log: what an operator scrolls through, not an archive. */
export const MAX_LOG = 200;

/**
 * What the page knows of the network, and how events change it. Knows no DOM and no clock.
 *
 * @typedef {{ cost?: number, up?: boolean, rtt_ms?: number, loss?: number }} LinkReport
 * @typedef {{ relay: string, region: string, address: string, state: string,
 *   links: Record<string, LinkReport>, load?: Record<string, number>, announces: number,
 *   lease_expires_at: string }} Relay
 * @typedef {{ id: string, region: string, address?: string, state: string }} Node
 * @typedef {{ from: string, to: string, state: string, configured_cost: number, cost?: number,
 *   rtt_ms?: number, loss?: number }} Link
 * @typedef {{ relay: string, track: string, registered_at: string }} Announce
 * @typedef {{ relay: string, track: string, next_hop: string, source: string }} Flow
 * @typedef {{ a: string, b: string, state: string, there: Link | undefined,
 *   back: Link | undefined, carried: Flow[] }} Pair
 */
export class Model {
  revision = 0;
  /** @type {Node[]} */
  nodes = [];
  /** @type {Link[]} */
  links = [];
  /** @type {Map<string, Relay>} */
  relays = new Map();
  /** By relay, then by track. @type {Map<string, Map<string, Announce>>} */
  announces = new Map();
  /** What each relay takes from its neighbours. @type {Map<string, Flow[]>} */
  flows = new Map();
  /** How many announces are held, and whether some had to be left out. */
  announceCount = 0;
  isDirectoryCut = false;
  /** The newest first. @type {{ id: number, time: number, text: string, kind: string }[]} */
  log = [];
  #said = 0;

  /**
   * The relays as events told them: lists that were asked for may run ahead of the events, and what
   * changed is told by comparing with what was told before. Unknown until the first list.
   * @type {Map<string, Relay> | undefined}
   */
  #told = undefined;

  /** Forgets what a snapshot tells anew; the log stays. */
  beginSnapshot() {
    this.#told = undefined;
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
   * @param {number} now milliseconds, for the log
   * @returns {boolean}
   */
  apply(event, data, now) {
    if (typeof data.revision === "number") this.revision = Math.max(this.revision, data.revision);
    switch (event) {
      case "graph":
        this.takeGraph(data);
        return true;
      case "announces":
        for (const one of data.entries) this.#addAnnounce(one);
        return false;
      case "announce":
        if (this.#addAnnounce(data)) this.#say(now, "track", `${data.relay} has ${data.track}`);
        return false;
      case "withdraw":
        this.#removeAnnounce(data.relay, data.track);
        this.#say(now, "track", `${data.relay} no longer has ${data.track}`);
        return false;
      case "flows":
        this.#takeFlows(data);
        return false;
      case "relay": {
        const isNew = this.#told === undefined && !this.#isInSnapshot(data.relay);
        const changes = this.#told || isNew ? relayChanges(this.#told?.get(data.relay), data) : [];
        for (const text of changes) this.#say(now, "relay", text);
        this.#told?.set(data.relay, data);
        this.relays.set(data.relay, data);
        return true;
      }
      case "gone":
        return this.#remove(data.relay, data.reason, now);
      case "costs":
        this.#say(now, "relay", "Measured costs have settled and count from now on");
        return true;
      default:
        return false;
    }
  }

  /** @param {{ revision: number, nodes: Node[], links: Link[] }} graph */
  takeGraph({ revision, nodes, links }) {
    this.revision = Math.max(this.revision, revision);
    this.nodes = nodes;
    this.links = links;
  }

  /** @param {{ revision: number, relays: Relay[] }} answer */
  takeRelays({ relays }) {
    this.relays = new Map(relays.map((one) => [one.relay, one]));
    this.#told ??= new Map(this.relays);
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

  /** The tracks that a link carries. @param {string} link as `pairKey` writes it */
  carriedBy(link) {
    return [...this.flows.values()].flat().filter((flow) => keyOf(flow) === link);
  }

  /**
   * Announces whose track or relay has the text in it, in order, and how many there are.
   *
   * @param {string} text
   * @param {number} limit
   */
  search(text, limit) {
    const wanted = text.trim().toLowerCase();
    const found = [];
    for (const tracks of this.announces.values()) {
      for (const one of tracks.values()) {
        const isFound = wanted === "" || one.track.toLowerCase().includes(wanted) ||
          one.relay.toLowerCase().includes(wanted);
        if (isFound) found.push(one);
      }
    }
    found.sort((a, b) => compare(a.track, b.track) || compare(a.relay, b.relay));
    return { count: found.length, entries: found.slice(0, limit) };
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

  /** A relay's end is told once to those who follow the graph and once for the directory. */
  #remove(relay, reason, now) {
    this.announceCount -= this.announces.get(relay)?.size ?? 0;
    this.announces.delete(relay);
    this.flows.delete(relay);
    const wasThere = this.relays.delete(relay) || this.#isInSnapshot(relay);
    this.nodes = this.nodes.filter(({ id }) => id !== relay);
    if (!(this.#told ? this.#told.delete(relay) : wasThere)) return true;
    const how = reason === "expired" ? "its lease ended without a heartbeat" : "it deregistered";
    this.#say(now, reason === "expired" ? "bad" : "relay", `${relay} is gone: ${how}`);
    return true;
  }

  #isInSnapshot(relay) {
    return this.nodes.some(({ id, state }) => id === relay && state !== "never_registered");
  }

  #say(time, kind, text) {
    this.log = [{ id: ++this.#said, time, kind, text }, ...this.log].slice(0, MAX_LOG);
  }
}

/**
 * What became different about a relay, as sentences. Load moves all the time and is left out.
 *
 * @param {Relay | undefined} before
 * @param {Relay} now
 * @returns {string[]}
 */
export function relayChanges(before, now) {
  const name = now.relay;
  if (before === undefined) return [`${name} registered${inRegion(now.region)}`];
  const changes = [];
  if (before.state !== now.state) {
    changes.push(now.state === "draining" ? `${name} drains` : `${name} takes traffic again`);
  }
  if (before.region !== now.region) changes.push(`${name} is now${inRegion(now.region)}`);
  if (before.address !== now.address) changes.push(`${name} is now at ${now.address}`);
  const [old, links] = [new Map(Object.entries(before.links)), Object.entries(now.links)];
  for (const [to, link] of links) {
    const was = old.get(to);
    old.delete(to);
    if (was === undefined) changes.push(`${name} declares a link to ${to}`);
    else if (was.up !== link.up) {
      changes.push(`${name} says its link to ${to} is ${link.up === false ? "down" : "up"}`);
    } else if (was.cost !== link.cost) {
      changes.push(`${name} to ${to} costs ${link.cost} instead of ${was.cost}`);
    }
  }
  for (const to of old.keys()) changes.push(`${name} no longer declares a link to ${to}`);
  return changes;
}

/** The link that a flow goes over. */
function keyOf({ relay, next_hop }) {
  return pairKey(relay, next_hop);
}

function inRegion(region) {
  return region === "" ? "" : ` in ${region}`;
}

// What is usable in one direction is usable: the table tells the directions apart.
function pairState({ there, back }) {
  const states = [there?.state, back?.state];
  return states.includes("up") ? "up" : states.includes("down") ? "down" : "one_way";
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
