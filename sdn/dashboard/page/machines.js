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

/** The relays of a machine, by name. @param {import("./model.js").Model} model @param {string} host */
export function membersOf({ nodes }, host) {
  return nodes.filter((node) => node.host === host).map(({ id }) => id);
}

/**
 * The history of a machine, from those of its relays: sums, and the share of all its cores. What none
 * of them said at a time is not known then.
 *
 * @param {readonly { series: Record<string, (number | null)[]> }[]} histories
 */
export function sumHistories(histories) {
  const sum = (field, isMean = false) => {
    const lines = histories.map(({ series }) => series[field] ?? []);
    const count = Math.max(0, ...lines.map(({ length }) => length));
    // The newest points are the last ones: a relay that came later has fewer.
    return Array.from({ length: count }, (_, at) => {
      const known = lines.map((line) => line[line.length - count + at] ?? null)
        .filter((value) => value !== null);
      if (known.length === 0) return null;
      return known.reduce((all, value) => all + value, 0) / (isMean ? known.length : 1);
    });
  };
  return {
    sessions: sum("sessions"),
    subscriptions: sum("subscriptions"),
    egress_bps: sum("egress_bps"),
    cpu: sum("cpu", true),
    reroutes: sum("reroutes"),
  };
}
