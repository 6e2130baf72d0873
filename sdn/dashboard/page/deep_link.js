/**
 * What the page shows, as the part of its address behind `#`: to send to somebody, or to come back
 * to. Whoever follows it sees the same relay, link, route and search. A token is never in it.
 */
const KEYS = [
  "relay",
  "link",
  "track",
  "host",
  "unfold",
  "from",
  "to",
  "filter",
  "states",
  "search",
  "sort",
];

/** @returns {Record<string, string | undefined>} what the address asks for */
export function readLink() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(KEYS.map((key) => [key, given.get(key) ?? undefined]));
}

/**
 * Puts what is shown now into the address; what was opened is a step that one can go back from.
 *
 * @param {Record<string, string | undefined>} changes
 * @param {{ isStep?: boolean }} [how]
 */
export function writeLink(changes, { isStep = false } = {}) {
  if (isStep) history.pushState(null, "", linkTo(changes));
  else history.replaceState(null, "", linkTo(changes));
}

/** The address of what is shown now but for these changes. @param {Record<string, string | undefined>} changes */
export function linkTo(changes) {
  const now = { ...readLink(), ...changes };
  const kept = Object.entries(now).filter(([, value]) => value !== undefined && value !== "");
  const hash = new URLSearchParams(kept).toString();
  const here = location.pathname + location.search;
  return hash === "" ? here : `${here}#${hash}`;
}
