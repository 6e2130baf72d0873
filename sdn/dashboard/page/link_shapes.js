import { shape } from "./dom.js";
import { many, milliseconds, number } from "./format.js";
import { pairKey } from "./pair_key.js";

/** The width of a letter and the height of a label, relative to the font size. */
const LETTER = 0.53;
const HIGH = 1.5;
/** Positions of a label along its link, the middle first. */
const SPOTS = [0.5, 0.38, 0.62, 0.28, 0.72];
/** Tracks named in a link's tooltip. */
const MAX_NAMED = 8;

/**
 * A link as it is drawn, and what it carries.
 *
 * @typedef {import("./model.js").Pair} Pair
 * @typedef {{ path: string, places: import("./layout.js").Point[] }} Curve
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
  const on = (t, a, middle, b) => round((1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t * t * b);
  return {
    path: `M${from.x} ${from.y}Q${round(x)} ${round(y)} ${to.x} ${to.y}`,
    places: SPOTS.map((t) => ({ x: on(t, from.x, x, to.x), y: on(t, from.y, y, to.y) })),
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

/** Where the label of a link may stand. @returns {import("./labels.js").Label} */
export function captionOf(key, link, { places }, letters) {
  return { key, places, ...sizeOf(caption(link), letters) };
}

/** Where the count of its tracks may. @returns {import("./labels.js").Label} */
export function boxOf(key, link, { places }, letters) {
  return { key, places, ...sizeOf(many(link.carried.length, "track"), letters) };
}

/** A link's cost, and its state if it is not up. */
export function drawLinkLabel(link, at, { classes, letters }) {
  return pill(`link-label ${link.state}${classes}`, caption(link), { ...at, letters });
}

/** The number of tracks on a link. */
export function drawCount(link, at, { classes, letters }) {
  return pill(`flow-count${classes}`, many(link.carried.length, "track"), { ...at, letters });
}

function sizeOf(text, letters) {
  return { width: (LETTER * text.length + 0.9) * letters, height: HIGH * letters };
}

function pill(classes, text, { x, y, letters }) {
  const { width, height } = sizeOf(text, letters);
  return shape(
    "g",
    { class: classes },
    shape("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: height / 3 }),
    shape("text", { x, y, dy: "0.35em" }, text),
  );
}

function caption({ state, there, back, links }) {
  // Of regions that are drawn as one.
  if (links !== undefined) return links === 1 ? "1 link" : `${links} links`;
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
  return `${words}, carries ${many(length, "track")}: ${named.join(", ")}${more}`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
