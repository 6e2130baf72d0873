import { duration, many } from "./format.js";

/** How often a link or relay fails before it is said to flap, and within how long. */
const FLAPS = 3;
export const FLAP_MS = 10 * 60_000;
/** Tracks that are named; the directory has all. */
const MAX_TRACKS = 3;

/**
 * What needs somebody, the worst first: what, since when, who is hurt, what to do. Pure.
 *
 * @typedef {{ key: string, title: string, hurt: string, todo: string,
 *   opened: { relay?: string, link?: string } }} Trouble
 * @param {import("./model.js").Model} model
 * @param {{ before: (relay: string) => { sessions?: number, subscriptions?: number },
 *   now: number }} how what a lost relay had; the controller's time in milliseconds since 1970
 * @returns {Trouble[]}
 */
export function troublesOf(model, { before, now }) {
  return [
    ...lostRelays(model, { before, now }),
    ...linksDown(model, now),
    ...flappingRelays(model, now),
    ...flappingLinks(model, now),
  ];
}

/** Relays that are lost. @param {import("./model.js").Model} model */
export function lostOf({ nodes }) {
  return nodes.filter(({ state }) => state === "unreachable" || state === "expired");
}

/**
 * How often a link went down: both ends say so, one of them perhaps more often.
 *
 * @param {readonly import("./model.js").Happening[]} log
 * @param {readonly string[]} ends
 * @param {number} since
 */
export function downsOf(log, ends, since) {
  const counts = new Map();
  for (const { kind, relay, neighbor, time } of log) {
    if (kind !== "link_down" || Date.parse(time) < since) continue;
    if (!ends.includes(relay) || !ends.includes(neighbor)) continue;
    counts.set(relay, (counts.get(relay) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

function lostRelays(model, { before, now }) {
  return lostOf(model).map(({ id, state }) => {
    const since = tell(
      model,
      now,
      (one) =>
        one.relay === id && (one.kind === "relay_unreachable" || one.kind === "relay_expired"),
    );
    return {
      key: JSON.stringify(["relay", id]),
      title: `${id} is ${state}${since}`,
      opened: { relay: id },
      // Few of many are told one by one, and this looks through the tracks of all others.
      get hurt() {
        return hurtBy(model, id, before(id));
      },
      todo: state === "unreachable"
        ? "No neighbor reaches it. See whether its process runs and its UDP port answers; started again, it registers by itself."
        : "It sent no heartbeat. Start it again, or take it out of its neighbors' configuration.",
    };
  });
}

function linksDown(model, now) {
  // A relay that is lost says all of its links.
  const isLost = lostEnds(model);
  return model.pairs().filter((pair) => pair.state === "down" && !isLost(pair)).map(
    ({ a, b, carried }) => {
      const since = tell(
        model,
        now,
        ({ kind, relay, neighbor }) =>
          kind === "link_down" && [a, b].includes(relay) && [a, b].includes(neighbor),
      );
      return {
        key: JSON.stringify(["link", a, b]),
        title: `The link between ${a} and ${b} is down${since}`,
        opened: { link: JSON.stringify([a, b]) },
        hurt: carried.length === 0
          ? "No track is on it; routes lead around it."
          : `It carried ${many(carried.length, "track")}.`,
        todo: "Both relays live: see whether UDP passes between them, and their certificates.",
      };
    },
  );
}

function flappingRelays({ nodes, log }, now) {
  const recent = log.filter(({ kind, time }) =>
    kind === "relay_restarted" && Date.parse(time) >= now - FLAP_MS
  );
  const restarts = Map.groupBy(recent, ({ relay }) => relay);
  return nodes.filter(({ id }) => (restarts.get(id)?.length ?? 0) >= FLAPS).map(({ id }) => ({
    key: JSON.stringify(["restarts", id]),
    title: `${id} restarted ${restarts.get(id).length} times in ${duration(FLAP_MS)}`,
    opened: { relay: id },
    hurt: "Its clients lose their sessions each time.",
    todo: "See the last lines of its log: it says why it ended.",
  }));
}

function flappingLinks(model, now) {
  const isLost = lostEnds(model);
  return model.pairs().flatMap((pair) => {
    if (pair.state === "down" || isLost(pair)) return [];
    const { a, b } = pair;
    const downs = downsOf(model.log, [a, b], now - FLAP_MS);
    if (downs < FLAPS) return [];
    return [{
      key: JSON.stringify(["flaps", a, b]),
      title: `The link between ${a} and ${b} flaps: down ${downs} times in ${duration(FLAP_MS)}`,
      opened: { link: JSON.stringify([a, b]) },
      hurt: "Tracks on it are rerouted each time.",
      todo:
        "See the loss of the path between the two, and whether one of them is out of processor.",
    }];
  });
}

function lostEnds({ nodes }) {
  const lost = new Set(
    nodes.filter(({ state }) => state !== "registered" && state !== "draining").map(({ id }) => id),
  );
  return ({ a, b }) => lost.has(a) || lost.has(b);
}

/** Since when, by the newest event that is meant. */
function tell({ log }, now, isMeant) {
  const event = log.find(isMeant);
  if (event === undefined) return "";
  const at = new Date(event.time);
  return ` since ${at.toLocaleTimeString()}, ${duration(now - at.getTime())} ago`;
}

function hurtBy(model, relay, { sessions, subscriptions }) {
  // Links are no sessions here: relays report those of their clients.
  const clients = sessions === undefined
    ? ""
    : sessions === 1
    ? "It had 1 viewer or publisher"
    : `It had ${sessions} viewers and publishers`;
  const taken = subscriptions === undefined ? "" : ` with ${many(subscriptions, "subscription")}`;
  const only = onlyWords(model, relay);
  return [
    clients === "" ? "" : `${clients}${taken}.`,
    only === "" ? "" : `${only}.`,
  ].filter((part) => part !== "").join(" ");
}

/**
 * What nobody has but this relay, or had when it expired; and what of it is announced again.
 *
 * @param {import("./model.js").Model} model
 * @param {string} relay
 */
export function onlyWords(model, relay) {
  const isElsewhere = isAnnouncedBeside(model, [relay]);
  const { last } = model.nodes.find(({ id }) => id === relay) ?? {};
  if (last === undefined) return onlyHasWords(model, [relay]);
  const { only_had: tracks = [], only_had_count: count = 0 } = last;
  if (count === 0) return "";
  const back = tracks.filter(isElsewhere);
  const again = back.length === 0
    ? ""
    : back.length === count
    ? "; others have it all again"
    : `; others have ${listed(back, back.length)} again`;
  return `Only it had ${listed(tracks, count)}${again}`;
}

/** What only these relays have. @param {import("./model.js").Model} model @param {readonly string[]} relays */
export function onlyHasWords(model, relays) {
  const isElsewhere = isAnnouncedBeside(model, relays);
  const own = relays.flatMap((relay) => [...model.announces.get(relay)?.keys() ?? []]);
  const tracks = [...new Set(own)].filter((track) => !isElsewhere(track));
  return tracks.length === 0 ? "" : `Only it has ${listed(tracks, tracks.length)}`;
}

function isAnnouncedBeside({ announces }, relays) {
  const others = [...announces].filter(([name]) => !relays.includes(name));
  return (track) => others.some(([, tracks]) => tracks.has(track));
}

/** The first names of so many tracks. */
function listed(tracks, count) {
  const named = tracks.slice(0, MAX_TRACKS);
  if (named.length === 0) return many(count, "track");
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  return `${named.join(", ")}${more}`;
}
