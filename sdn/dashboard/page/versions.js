import { many } from "./format.js";

/** Relays that are named for each version; the table has all. */
const MAX_NAMED = 4;
/** Versions that are named, those of most relays first. */
const MAX_VERSIONS = 4;

/**
 * How the versions of relays differ, for people; empty where they do not, or none says its own. Pure.
 *
 * @param {readonly { id: string, state: string, version?: string }[]} nodes
 */
export function versionWords(nodes) {
  const living = nodes.filter(({ state }) => state === "registered" || state === "draining");
  if (living.every(({ version }) => version === undefined)) return "";
  const groups = [...Map.groupBy(living, ({ version }) => version)]
    .sort(([, a], [, b]) => b.length - a.length);
  if (groups.length === 1) return "";
  const [[most, { length: count }], ...others] = groups;
  if (most === undefined || others[0][1].length === count) {
    return `Relays run different versions: ${groupsWords(groups)}.`;
  }
  const rest = living.length - count;
  const verb = rest === 1 ? "runs" : "run";
  return `${many(rest, "relay")} ${verb} another version than most (${most}): ` +
    `${groupsWords(others)}.`;
}

function groupsWords(groups) {
  const named = groups.slice(0, MAX_VERSIONS).map(groupWords).join("; ");
  const more = groups.length - MAX_VERSIONS;
  return more > 0 ? `${named}; and ${many(more, "further version")}` : named;
}

function groupWords([version, nodes]) {
  const names = nodes.slice(0, MAX_NAMED).map(({ id }) => id).join(", ");
  const more = nodes.length > MAX_NAMED ? ` and ${nodes.length - MAX_NAMED} more` : "";
  return `${names}${more} ${version ?? "(too old to say it)"}`;
}
