/**
 * Shares of a core at which `GET /assign` no longer sends a relay the viewers of a track that it has,
 * and at which it sends it nobody while there is another: a test holds them to be the controller's.
 */
export const GATHERED = 0.7;
export const FULL = 0.9;

/**
 * The relays of one machine together.
 *
 * @typedef {{ host: string, region: string, members: any[], states: string[], sessions: number,
 *   egress_bps: number, cpu: number | undefined }} Machine
 */

/**
 * The machines that run several relays, by name. Pure.
 *
 * @param {readonly any[]} nodes with their load, where it is known
 * @returns {Machine[]}
 */
export function machinesOf(nodes) {
  const byHost = Map.groupBy(nodes.filter(({ host }) => host !== undefined), ({ host }) => host);
  return [...byHost].filter(([, members]) => members.length > 1).map(([host, members]) => {
    return machineOf(host, members);
  }).sort((a, b) => a.host < b.host ? -1 : 1);
}

/** One machine: sums of what its relays report, and the share of all its cores. */
export function machineOf(host, members) {
  const sum = (field) => members.reduce((all, { load }) => all + (load?.[field] ?? 0), 0);
  const measured = members.filter(({ load }) => load?.cpu !== undefined).length;
  return {
    host,
    region: members[0].region,
    members,
    states: [...new Set(members.map(({ state }) => state))],
    sessions: sum("sessions"),
    egress_bps: sum("egress_bps"),
    cpu: measured === 0 ? undefined : sum("cpu") / measured,
  };
}

/** Where new viewers of a track go that a relay has. @param {{ state: string, load?: any }} member */
export function placeOf({ state, load }) {
  if (state !== "registered") return "takes nobody";
  const cpu = load?.cpu ?? 0;
  if (cpu >= FULL) return "full: takes nobody while another can";
  return cpu >= GATHERED ? "past 70 %: viewers go to a sibling" : "takes viewers of its tracks";
}
