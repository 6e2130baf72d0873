import type { Graph, NodeState } from "./graph.ts";

/** Entries in one list: enough for a diagnosis, short enough for a terminal. */
const MAX_LISTED = 8;

const STATES: Readonly<Record<NodeState, string>> = {
  registered: "is registered",
  draining: "is draining",
  unreachable: "is unreachable: no neighbor has a link up to it",
  expired: "has expired: its lease ended",
  deregistered: "has deregistered",
  never_registered: "has never registered; others only name it as a neighbor",
};

/**
 * Why there is no route between two relays, for operators: relays in a bad state, links that are
 * down on the boundary of what can be reached, relays that do not forward. Both relays must be in
 * the graph.
 */
export function obstacles(graph: Graph, { from, to }: { from: string; to: string }): string {
  const reached = reach(graph, graph.number(from) ?? -1);
  const names = [...reached].map((number) => graph.nodes[number]!.name);
  const ends = [from, to].flatMap((name) => {
    const { state } = graph.nodes[graph.number(name) ?? -1]!;
    return state === "registered" ? [] : [`${name} ${STATES[state]}`];
  });
  const between = names.flatMap((name) =>
    name === from || carries(graph, name) ? links(graph, name, reached) : blocked(graph, name, to)
  ).sort();
  const all = [...ends, ...between];
  if (between.length === 0) all.push(`no relay that ${from} reaches has a link to ${to}`);
  const more = all.length > MAX_LISTED ? [`${all.length - MAX_LISTED} more`] : [];
  return [...all.slice(0, MAX_LISTED), ...more].join("; ");
}

/** The numbers of the relays that can be reached from `source`. */
function reach(graph: Graph, source: number): Set<number> {
  const reached = new Set([source]);
  for (const number of reached) {
    if (number !== source && graph.transit[number] !== 1) continue;
    for (let at = graph.offsets[number] ?? 0; at < (graph.offsets[number + 1] ?? 0); at++) {
      reached.add(graph.targets[at]!);
    }
  }
  return reached;
}

function links(graph: Graph, name: string, reached: ReadonlySet<number>): string[] {
  return [...graph.declared(name).keys()].flatMap((other) => {
    if (reached.has(graph.number(other) ?? -1)) return [];
    const state = graph.linkState(name, other);
    if (state === "down") return [`the link from ${name} to ${other} is down`];
    return [`the link from ${name} to ${other} is declared by ${name} alone`];
  });
}

function blocked(graph: Graph, name: string, to: string): string[] {
  if (name === to || graph.declared(name).size === 0) return [];
  const { state } = graph.nodes[graph.number(name) ?? -1]!;
  return [`${name} ${STATES[state]}, and carries no transit`];
}

function carries(graph: Graph, name: string): boolean {
  return graph.transit[graph.number(name) ?? -1] === 1;
}
