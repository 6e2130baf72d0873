import { shape } from "./dom.js";
import { words } from "./format.js";

/** Characters of a relay's label. */
const MAX_LABEL = 18;
/** The width of a letter and the height of a line, relative to the font size. */
const LETTER_WIDTH = 0.58;
const LINE_HEIGHT = 1.25;

/**
 * Where the name of a relay may stand: below it, or else above.
 *
 * @param {{ id: string }} relay
 * @param {import("./layout.js").Point} at
 * @param {{ letters: number, radius: number }} sizes
 * @returns {import("./labels.js").Label}
 */
export function nameOf({ id, label = id }, { x, y }, { letters, radius }) {
  const height = LINE_HEIGHT * letters;
  const away = radius + 8 + height / 2;
  const width = (cut(label, MAX_LABEL).length + 1) * LETTER_WIDTH * letters;
  return { key: id, width, height, places: [{ x, y: y + away }, { x, y: y - away }] };
}

/**
 * A relay as it is drawn; its name where there is room for it, for those who point at it always.
 *
 * @param {any} relay
 * @param {import("./layout.js").Point} at
 * @param {{ radius: number, name: import("./layout.js").Point | undefined, hasRoom: boolean,
 *   isSelected: boolean, isOnRoute: boolean, onClick: () => void }} how
 */
export function drawRelay(relay, { x, y }, { radius, name, hasRoom, ...how }) {
  const { id, region, state, load } = relay;
  const sessions = load?.sessions;
  const { isSelected, isOnRoute, onClick } = how;
  const isFolded = relay.label !== undefined;
  const classes = [
    "relay",
    state,
    isFolded ? "folded" : "",
    isSelected ? "selected" : "",
    isOnRoute ? "route" : "",
  ];
  const busy = load?.cpu === undefined ? "" : `, processor ${Math.round(load.cpu * 100)} %`;
  const counted = sessions === undefined ? "" : `, ${sessions} sessions`;
  const label = relay.host !== undefined && isFolded
    ? `${region || "no region"}, the machine ${relay.label} drawn as one${counted}${busy}`
    : isFolded
    ? `${region || "no region"}: ${relay.label} drawn as one${counted}`
    : `${id}, ${region || "no region"}, ${words(state)}${counted}${busy}`;
  const middle = sessions === undefined ? mark(state) : compact(sessions);
  const button = shape(
    "g",
    {
      class: classes.filter((one) => one !== "").join(" "),
      transform: `translate(${x} ${y})`,
      tabindex: 0,
      role: "button",
      "aria-pressed": isSelected,
      "aria-label": label,
      "data-id": id,
      onclick: onClick,
    },
    shape("title", {}, label),
    shape("circle", { class: "halo", r: radius + 9 }),
    isFolded && relay.host !== undefined
      ? square(radius)
      : shape("circle", { class: "body", r: radius }),
    hasRoom ? shape("circle", { class: "meter", r: radius + 4.5 }) : undefined,
    hasRoom && load?.cpu ? cpuArc(load.cpu, radius) : undefined,
    name &&
      shape(
        "text",
        { class: "name", x: name.x - x, y: name.y - y, dy: "0.35em" },
        cut(relay.label ?? id, MAX_LABEL),
      ),
  );
  if (!hasRoom) return button;
  // Beside the button, whose name has its words.
  const count = { class: `count ${state}`, x, y: y + 4, "aria-hidden": "true" };
  return shape("g", {}, button, shape("text", count, middle));
}

/** A machine, beside the round relays. */
function square(radius) {
  const side = 1.8 * radius;
  return shape("rect", {
    class: "body",
    ...{ x: -side / 2, y: -side / 2, width: side, height: side, rx: radius / 4 },
  });
}

/** A symbol, so that color is not the only sign. */
function mark(state) {
  return state === "unreachable" || state === "expired"
    ? "!"
    : state === "never_registered"
    ? "?"
    : "";
}

/** The CPU utilization as an arc around a relay. */
function cpuArc(cpu, radius) {
  return shape("circle", {
    class: cpu > 0.85 ? "cpu hot" : "cpu",
    r: radius + 4.5,
    pathLength: 100,
    "stroke-dasharray": `${Math.max(1, cpu * 100)} 100`,
    transform: "rotate(-90)",
  });
}

function compact(count) {
  return count < 1000 ? String(count) : `${Math.round(count / 100) / 10}k`;
}

function cut(text, length) {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}
