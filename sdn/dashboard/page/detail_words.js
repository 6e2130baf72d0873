import { bitrate, many, percent, words } from "./format.js";
import { machineOf } from "./machines.js";
import { pairKey } from "./pair_key.js";
import { downsOf, onlyWords } from "./troubles.js";

const HOUR_MS = 3_600_000;

/**
 * What is opened in one line, even if it is gone: whoever was sent its address reads why.
 *
 * @param {import("./model.js").Model} model
 * @param {{ relay?: string, link?: string, track?: string, host?: string }} opened
 * @param {number} now the controller's time in milliseconds since 1970
 */
export function detailWords(model, { relay, link, track, host }, now) {
  if (relay !== undefined) return relayWords(model, relay);
  if (host !== undefined) return machineWords(model, host);
  if (link !== undefined) return linkWords(model, link, now);
  const flows = [...model.flows.values()].flat().filter((flow) => flow.track === track);
  const hops = flows.map(({ relay, next_hop: hop }) => `${hop} → ${relay}`);
  return flows.length === 0
    ? "No relay takes it from another now."
    : `From ${flows[0].source}: ${hops.join(", ")}`;
}

function relayWords(model, relay) {
  const { nodes, relays } = model;
  const known = nodes.find(({ id }) => id === relay);
  if (known === undefined) return "Gone: it is not registered, and no neighbor names it.";
  const siblings = known.host === undefined
    ? []
    : nodes.filter(({ id, host }) => host === known.host && id !== relay).map(({ id }) => id);
  const machine = siblings.length === 0
    ? ""
    : `with ${siblings.join(", ")} on the machine ${known.host}`;
  const { address = "", version } = relays.get(relay) ?? {};
  const build = version === undefined ? "" : `version ${version}`;
  const only = known.last === undefined ? "" : onlyWords(model, relay);
  return [words(known.state), known.region, address, build, machine, only]
    .filter((one) => one !== "").join(" · ");
}

function machineWords(model, host) {
  const members = model.heard().filter((one) => one.host === host);
  if (members.length === 0) return "Gone: no relay is on it.";
  const { region, sessions, egress_bps: egress, cpu } = machineOf(host, members);
  const unwell = members.filter(({ state }) => state !== "registered")
    .map(({ id, state }) => `${id} ${words(state)}`);
  return [
    region,
    many(members.length, "relay"),
    many(sessions, "session"),
    bitrate(egress),
    cpu === undefined ? "" : `processor ${percent(cpu)}`,
    ...unwell,
  ].filter((one) => one !== "").join(" · ");
}

function linkWords(model, link, now) {
  const pair = model.pairs().find(({ a, b }) => pairKey(a, b) === link);
  const downs = downsOf(model.log, JSON.parse(link), now - HOUR_MS);
  const times = downs === 0
    ? ""
    : ` · went down ${downs === 1 ? "once" : `${downs} times`} in the last hour`;
  if (pair === undefined) return `Gone: neither end declares it${times}`;
  const { carried: { length: count } } = pair;
  return `${words(pair.state)} · carries ${many(count, "track")}${times}`;
}
