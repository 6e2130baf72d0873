import { element, shape } from "./dom.js";
import { duration } from "./format.js";

/** The size of a plot in its own units; the page scales it to its card. */
const WIDE = 300;
const HIGH = 64;
/** Marked events per plot: more would cover the line. */
const MAX_MARKS = 40;

/**
 * A plot of the last hour, with what happened meanwhile as marks on it.
 *
 * @typedef {{ name: string, points: (number | null)[] }} Line
 * @param {string} title
 * @param {{ of?: string, lines: Line[], show: (value: number) => string, until: number, step: number,
 *   marks: { time: number, text: string, isBad: boolean }[] }} what
 */
export function plot(title, { of, lines, show, until, step, marks }) {
  const known = lines.flatMap(({ points }) => points.filter((value) => value !== null));
  const most = Math.max(...known, 0);
  const count = Math.max(...lines.map(({ points }) => points.length), 2);
  const span = (count - 1) * step;
  const x = (time) => WIDE * (1 - (until - time) / span);
  const words = tell(lines, show);
  const shown = marks.filter(({ time }) => time >= until - span && time <= until);
  return element(
    "figure",
    { class: "plot" },
    element("figcaption", {}, element("b", {}, title), element("span", {}, words)),
    shape(
      "svg",
      {
        viewBox: `0 -2 ${WIDE} ${HIGH + 4}`,
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": `${title}${of === undefined ? "" : ` of ${of}`}, last ${
          duration(span)
        }: ${words}`,
      },
      shape("path", { class: "axis", d: `M0 ${HIGH}H${WIDE}` }),
      ...shown.slice(0, MAX_MARKS).map(({ time, text, isBad }) =>
        shape(
          "path",
          { class: isBad ? "mark bad" : "mark", d: `M${round(x(time))} 0V${HIGH}` },
          shape("title", {}, `${new Date(time).toLocaleTimeString()} ${text}`),
        )
      ),
      ...lines.map(({ points }, at) =>
        shape("path", { class: `line line-${at}`, d: pathOf(points, count, most || 1) })
      ),
    ),
    element(
      "p",
      { class: "scale", "aria-hidden": "true" },
      element("span", {}, `${duration(span)} ago`),
      element("span", {}, known.length === 0 ? "" : `up to ${show(most)}`),
      element("span", {}, new Date(until).toLocaleTimeString()),
    ),
  );
}

/** A line with gaps where nothing is known; a value alone is a dot. */
function pathOf(points, count, most) {
  let path = "";
  const start = count - points.length;
  for (const [at, value] of points.entries()) {
    if (value === null) continue;
    const place = `${round(WIDE * (start + at) / (count - 1))} ${round(HIGH * (1 - value / most))}`;
    const isFirst = at === 0 || points[at - 1] === null;
    path += isFirst ? `M${place}h0.01` : `L${place}`;
  }
  return path;
}

function tell(lines, show) {
  return lines.map(({ name, points }) => {
    const last = points.findLast((value) => value !== null);
    const now = last === undefined
      ? "not known"
      : points.at(-1) === null
      ? `not known now, ${show(last)} before`
      : show(last);
    return name === "" ? now : `${name}: ${now}`;
  }).join(" · ");
}

function round(value) {
  return Math.round(value * 10) / 10;
}
