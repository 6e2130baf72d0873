import { shape } from "./dom.js";
import { milliseconds, number } from "./format.js";
import { pairKey } from "./pair_key.js";

/** How wide a letter of a link's label is, about. */
const LETTER = 6.3;
/** Tracks that the words about a link name. */
const MAX_NAMED = 8;

/**
 * A link as it is drawn, and what it carries.
 *
 * @typedef {import("./model.js").Pair} Pair
 * @typedef {{ path: string, middle: import("./layout.js").Point }} Curve
 */

/**
 * A slight bend, always to the same side, keeps links from running through relays in a row.
 *
 * @param {Pair} link
 * @returns {Curve}
 */
export function curve({ a, b }, layout, bend) {
  const [from, to] = [layout.relays.get(a), layout.relays.get(b)];
  const x = (from.x + to.x) / 2 + bend * (to.y - from.y);
  const y = (from.y + to.y) / 2 - bend * (to.x - from.x);
  return {
    path: `M${from.x} ${from.y}Q${round(x)} ${round(y)} ${to.x} ${to.y}`,
    middle: {
      x: round((from.x + to.x) / 4 + x / 2),
      y: round((from.y + to.y) / 4 + y / 2 + 4),
    },
  };
}

/**
 * The line of a link. One that carries tracks can be pointed at and chosen, by keyboard too.
 *
 * @param {Pair} link
 * @param {Curve} at
 * @param {{ classes: string, isSelected: boolean, onClick: () => void }} how
 */
export function drawLink(link, { path }, { classes, isSelected, onClick }) {
  const words = tell(link);
  const line = shape(
    "path",
    { class: `link ${link.state}${classes}`, d: path },
    shape("title", {}, words),
  );
  if (link.carried.length === 0) return line;
  const isCarried = (from) => link.carried.some(({ next_hop: hop }) => hop === from);
  return shape(
    "g",
    {
      class: `carrier${isSelected ? " selected" : ""}${classes}`,
      tabindex: 0,
      role: "button",
      "aria-pressed": isSelected,
      "aria-label": words,
      "data-link": pairKey(link.a, link.b),
      onclick: onClick,
    },
    shape("title", {}, words),
    shape("path", { class: "grip", d: path }),
    line,
    isCarried(link.a) ? shape("path", { class: "flow there", d: path }) : undefined,
    isCarried(link.b) ? shape("path", { class: "flow back", d: path }) : undefined,
  );
}

/** What a link costs, and its state where it is not up. */
export function drawLinkLabel(link, { middle: { x, y } }, classes) {
  return pill(`link-label ${link.state}${classes}`, caption(link), { x, y });
}

/** How many tracks a link carries. */
export function drawCount(link, { middle: { x, y } }, { classes, isLabelled }) {
  const at = { x, y: isLabelled ? y + 18 : y };
  return pill(`flow-count${classes}`, count(link.carried.length), at);
}

/** How many tracks, in words. */
export function count(tracks) {
  return tracks === 1 ? "1 track" : `${tracks} tracks`;
}

function pill(classes, text, { x, y }) {
  const width = LETTER * text.length + 10;
  return shape(
    "g",
    { class: classes },
    shape("rect", { x: x - width / 2, y: y - 13, width, height: 18, rx: 6 }),
    shape("text", { x, y }, text),
  );
}

function caption({ state, there, back }) {
  if (state === "down") return "down";
  const costs = [there?.cost, back?.cost].filter((cost) => cost !== undefined);
  const rtt = there?.rtt_ms ?? back?.rtt_ms;
  const cost = [...new Set(costs)].map(number).join(" / ");
  return [cost || state.replace("_", " "), milliseconds(rtt)].filter((one) => one !== "").join(
    " · ",
  );
}

function tell(link) {
  const words = `${link.a} and ${link.b}: ${link.state.replace("_", " ")}, ${caption(link)}`;
  const { length } = link.carried;
  if (length === 0) return words;
  const named = link.carried.slice(0, MAX_NAMED).map(({ track, relay }) => `${track} to ${relay}`);
  const more = length > MAX_NAMED ? ` and ${length - MAX_NAMED} more` : "";
  return `${words}, carries ${count(length)}: ${named.join(", ")}${more}`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
