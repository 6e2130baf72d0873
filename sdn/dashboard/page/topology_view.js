import { shape } from "./dom.js";
import { layOut } from "./layout.js";
import { curve, drawCount, drawLink, drawLinkLabel } from "./link_shapes.js";
import { pairKey } from "./pair_key.js";

/** Relays that are drawn: a picture of more shows nothing. */
export const MAX_DRAWN = 400;
/** Links that are labelled; beyond that, those of the selected relay and of the route. */
const MAX_LABELLED = 36;
/** Characters of a relay's name below it. */
const MAX_LABEL = 15;
const RADIUS = 17;
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
  #told;
  #zoom = 1;
  #picture = "";
  #layout = undefined;
  #layoutKey = "";

  /**
   * @param {HTMLElement} place
   * @param {{ onRelay: (relay: string) => void, onLink: (link: string) => void,
   *   onPoint: (link: string | undefined) => void }} told of what is chosen, and of the link that
   *   somebody points at, with the mouse or by focus
   */
  constructor(place, told) {
    this.#place = place;
    this.#told = told;
    place.addEventListener("keydown", (event) => {
      const { id, link } = event.target.dataset ?? {};
      if (event.key !== "Enter" && event.key !== " ") return;
      if (id === undefined && link === undefined) return;
      event.preventDefault();
      if (id === undefined) told.onLink(link);
      else told.onRelay(id);
    });
    for (const event of ["pointerover", "focusin"]) {
      place.addEventListener(event, ({ target }) => {
        told.onPoint(target.closest("[data-link]")?.dataset.link);
      });
    }
    for (const event of ["pointerleave", "focusout"]) {
      place.addEventListener(event, () => told.onPoint(undefined));
    }
  }

  /** Makes the next picture larger, or smaller down to what fits. @param {number} steps */
  zoom(steps) {
    this.#zoom = Math.min(MAX_ZOOM, Math.max(1, this.#zoom * ZOOM_STEP ** steps));
  }

  /**
   * Draws the network unless the picture would be the one that is there.
   *
   * @param {import("./model.js").Model} model
   * @param {{ selected: { relay: string | undefined, link: string | undefined },
   *   route: readonly string[], isTall: boolean }} how
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
    const { id, link: focusedLink } = document.activeElement?.dataset ?? {};
    const steps = new Set(route.slice(1).map((to, at) => pairKey(route[at], to)));
    const onRoute = (link) => steps.has(pairKey(link.a, link.b));
    const isNear = ({ a, b }) => {
      const { relay, link } = selected;
      if (link !== undefined) return pairKey(a, b) === link;
      return relay === undefined || a === relay || b === relay;
    };
    const isAny = selected.relay !== undefined || selected.link !== undefined;
    const labelled = new Set(
      links.filter((link) =>
        links.length <= MAX_LABELLED || onRoute(link) || (isAny && isNear(link))
      ),
    );
    const how = (link) => (onRoute(link) ? " route" : "") + (isNear(link) ? "" : " far");
    const { width, height, regions } = layout;
    const bend = isTall ? TALL_BEND : BEND;
    const picture = shape(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Relays and links" },
      ...regions.map(drawRegion),
      ...links.map((link) => {
        const key = pairKey(link.a, link.b);
        return drawLink(link, curve(link, layout, bend), {
          classes: how(link),
          isSelected: key === selected.link,
          onClick: () => this.#told.onLink(key),
        });
      }),
      ...[...labelled].map((link) => drawLinkLabel(link, curve(link, layout, bend), how(link))),
      ...links.filter(({ carried }) => carried.length > 0).map((link) =>
        drawCount(link, curve(link, layout, bend), {
          classes: how(link),
          isLabelled: labelled.has(link),
        })
      ),
      ...relays.map((relay) =>
        drawRelay(relay, layout, {
          isSelected: relay.id === selected.relay,
          isOnRoute: route.includes(relay.id),
          onClick: () => this.#told.onRelay(relay.id),
        })
      ),
    );
    picture.style.minWidth = `${Math.round(width * MIN_SCALE * this.#zoom)}px`;
    picture.style.width = `${100 * this.#zoom}%`;
    if (!isTall) picture.style.maxHeight = `${74 * this.#zoom}vh`;
    picture.style.maxWidth = `${Math.round(width * MAX_SCALE * this.#zoom)}px`;
    this.#place.replaceChildren(picture);
    if (id === undefined && focusedLink === undefined) return;
    [...picture.querySelectorAll("[data-id], [data-link]")].find(({ dataset }) =>
      dataset.id === id && dataset.link === focusedLink
    )?.focus();
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

function compact(count) {
  return count < 1000 ? String(count) : `${Math.round(count / 100) / 10}k`;
}

function cut(text, length) {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}
