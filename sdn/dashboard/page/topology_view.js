import { shape } from "./dom.js";
import { milliseconds, number } from "./format.js";
import { layOut } from "./layout.js";

/** Relays that are drawn: a picture of more shows nothing. */
export const MAX_DRAWN = 400;
/** Links that are labelled; beyond that, those of the selected relay and of the route. */
const MAX_LABELLED = 36;
/** Characters of a relay's name below it. */
const MAX_LABEL = 15;
const RADIUS = 17;
/** How wide a letter of a link's label is, about. */
const LETTER = 6.3;
/** How far links bend, as a share of their length: more where regions stand in between. */
const BEND = 0.07;
const TALL_BEND = 0.2;
/** How small and how large a picture becomes to fit, before anybody zooms. */
const MIN_SCALE = 0.3;
const MAX_SCALE = 1.25;
/** The steps of zooming. */
const ZOOM_STEP = 1.5;
const MAX_ZOOM = 5;

/** The network as a picture. */
export class TopologyView {
  #place;
  #onSelect;
  #zoom = 1;
  #picture = "";
  #layout = undefined;
  #layoutKey = "";

  /**
   * @param {HTMLElement} place
   * @param {(relay: string) => void} onSelect
   */
  constructor(place, onSelect) {
    this.#place = place;
    this.#onSelect = onSelect;
    place.addEventListener("keydown", (event) => {
      const id = event.target.dataset?.id;
      if (id === undefined || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      onSelect(id);
    });
  }

  /** Makes the next picture larger, or smaller down to what fits. @param {number} steps */
  zoom(steps) {
    this.#zoom = Math.min(MAX_ZOOM, Math.max(1, this.#zoom * ZOOM_STEP ** steps));
  }

  /**
   * Draws the network unless the picture would be the one that is there.
   *
   * @param {import("./model.js").Model} model
   * @param {{ selected: string | undefined, route: readonly string[], isTall: boolean }} how
   * @returns {number} how many relays did not fit
   */
  draw(model, { selected, route, isTall }) {
    const relays = model.nodes.slice(0, MAX_DRAWN).map((node) => {
      return { ...node, load: model.relays.get(node.id)?.load };
    });
    const drawn = new Set(relays.map(({ id }) => id));
    const links = model.pairs().filter(({ a, b }) => drawn.has(a) && drawn.has(b));
    const picture = JSON.stringify([relays, links, selected, route, isTall, this.#zoom]);
    if (picture !== this.#picture) {
      this.#picture = picture;
      const layout = this.#arrange(relays, links, isTall);
      this.#show(layout, { relays, links, selected, route, isTall });
    }
    return model.nodes.length - relays.length;
  }

  /** The layout hangs on who is there and who is linked, not on what is measured. */
  #arrange(relays, links, isTall) {
    const places = relays.map(({ id, region }) => ({ id, region }));
    const edges = links.map(({ a, b }) => ({ a, b }));
    const key = JSON.stringify([places, edges, isTall]);
    if (key !== this.#layoutKey) this.#layout = layOut({ relays: places, links: edges, isTall });
    this.#layoutKey = key;
    return this.#layout;
  }

  #show(layout, { relays, links, selected, route, isTall }) {
    const focused = document.activeElement?.dataset?.id;
    const steps = new Set(route.slice(1).map((to, at) => pairKey(route[at], to)));
    const onRoute = (link) => steps.has(pairKey(link.a, link.b));
    const isNear = (link) => selected === undefined || link.a === selected || link.b === selected;
    const labelled = links.filter((link) =>
      links.length <= MAX_LABELLED || onRoute(link) || (selected !== undefined && isNear(link))
    );
    const how = (link) => (onRoute(link) ? " route" : "") + (isNear(link) ? "" : " far");
    const { width, height, regions } = layout;
    const bend = isTall ? TALL_BEND : BEND;
    const picture = shape(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Relays and links" },
      ...regions.map(drawRegion),
      ...links.map((link) => drawLink(link, curve(link, layout, bend), how(link))),
      ...labelled.map((link) => drawLinkLabel(link, curve(link, layout, bend), how(link))),
      ...relays.map((relay) =>
        drawRelay(relay, layout, {
          isSelected: relay.id === selected,
          isOnRoute: route.includes(relay.id),
          onClick: () => this.#onSelect(relay.id),
        })
      ),
    );
    picture.style.minWidth = `${Math.round(width * MIN_SCALE * this.#zoom)}px`;
    picture.style.width = `${100 * this.#zoom}%`;
    if (!isTall) picture.style.maxHeight = `${74 * this.#zoom}vh`;
    picture.style.maxWidth = `${Math.round(width * MAX_SCALE * this.#zoom)}px`;
    this.#place.replaceChildren(picture);
    if (focused === undefined) return;
    [...picture.querySelectorAll("[data-id]")].find((one) => one.dataset.id === focused)?.focus();
  }
}

function drawRegion({ name, x, y, radius }) {
  return shape(
    "g",
    { class: "region" },
    shape("circle", { cx: x, cy: y, r: radius }),
    shape("text", { x, y: y - radius + 20 }, cut(name || "no region", 24)),
  );
}

function drawLink(link, { path }, how) {
  return shape(
    "path",
    { class: `link ${link.state}${how}`, d: path },
    shape("title", {}, tell(link)),
  );
}

function drawLinkLabel(link, { middle: { x, y } }, how) {
  const text = caption(link);
  const width = LETTER * text.length + 10;
  return shape(
    "g",
    { class: `link-label ${link.state}${how}` },
    shape("rect", { x: x - width / 2, y: y - 13, width, height: 18, rx: 6 }),
    shape("text", { x, y }, text),
  );
}

function drawRelay(relay, layout, { isSelected, isOnRoute, onClick }) {
  const { id, region, state, load } = relay;
  const { x, y } = layout.relays.get(id);
  const sessions = load?.sessions;
  const classes = ["relay", state, isSelected ? "selected" : "", isOnRoute ? "route" : ""];
  const busy = load?.cpu === undefined ? "" : `, processor ${Math.round(load.cpu * 100)} %`;
  const label = `${id}, ${region || "no region"}, ${state}${
    sessions === undefined ? "" : `, ${sessions} sessions`
  }${busy}`;
  return shape(
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
    shape("circle", { class: "halo", r: RADIUS + 9 }),
    shape("circle", { class: "body", r: RADIUS }),
    shape("circle", { class: "meter", r: RADIUS + 4.5 }),
    load?.cpu ? cpuArc(load.cpu) : undefined,
    shape("text", { class: "count", y: 4 }, sessions === undefined ? "" : compact(sessions)),
    shape("text", { class: "name", y: RADIUS + 21 }, cut(id, MAX_LABEL)),
  );
}

/** The share of the processor in use, as a part of the ring around a relay. */
function cpuArc(cpu) {
  return shape("circle", {
    class: cpu > 0.85 ? "cpu hot" : "cpu",
    r: RADIUS + 4.5,
    pathLength: 100,
    "stroke-dasharray": `${Math.max(1, cpu * 100)} 100`,
    transform: "rotate(-90)",
  });
}

/** A slight bend, always to the same side, keeps links from running through relays in a row. */
function curve({ a, b }, layout, bend) {
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
  return `${link.a} and ${link.b}: ${link.state.replace("_", " ")}, ${caption(link)}`;
}

function pairKey(a, b) {
  return JSON.stringify(a < b ? [a, b] : [b, a]);
}

function compact(count) {
  return count < 1000 ? String(count) : `${Math.round(count / 100) / 10}k`;
}

function cut(text, length) {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
