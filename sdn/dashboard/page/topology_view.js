import { shape } from "./dom.js";
import { fold, foldOf } from "./fold.js";
import { layOut } from "./layout.js";
import { placeLabels } from "./labels.js";
import { boxOf, captionOf, curve, drawCount, drawLink, drawLinkLabel } from "./link_shapes.js";
import { STATES } from "./model.js";
import { drawRelay, nameOf } from "./relay_shapes.js";
import { pairKey } from "./pair_key.js";

/** Relays that are drawn: a larger picture shows nothing. */
export const MAX_DRAWN = 400;
/** The curvature of links, relative to their length: more if regions are in between. */
const BEND = 0.07;
const TALL_BEND = 0.2;
/** The maximum scale without zooming; it may become as small as necessary. */
const MAX_SCALE = 1.25;
/** The share of the window's height that the picture may take. */
const HIGH = 0.72;
/** The factor of one zoom step. */
const ZOOM_STEP = 1.5;
const MAX_ZOOM = 8;
/** Pixels of the smallest labels and relays, whatever the size of the network. */
const LEAST_LETTERS = 11;
const LEAST_RADIUS = 7;
/** Relays up to which all are labeled; above, only those with problems and the selected one. */
const MOST_NAMED = 80;
/** Space for a line above and below, in letters. */
const ABOVE = 1.6;
const LETTER_WIDTH = 0.58;
/** In the picture's units: sizes of labels and relays when there is space. */
const LETTERS = 12.5;
const RADIUS = 17;
/** Adjacent relays never touch. */
const MOST_RADIUS = 46;

/** The picture of the network. */
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
   *   onUnfold: (one: string) => void, onPoint: (link: string | undefined) => void }} told of what is
   *   chosen, of what is to be unfolded, and of the link that somebody points at, with the mouse or by
   *   focus
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
      else this.#choose(id);
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

  /** A relay was chosen, or a region or machine that is drawn as one. */
  #choose(id) {
    const folded = foldOf(id);
    if (folded === undefined) this.#told.onRelay(id);
    else this.#told.onUnfold(folded);
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
   *   way: { relays: readonly string[], pairs: readonly string[] },
   *   unfolded: readonly string[], isTall: boolean }} how
   * @returns {{ hidden: number }} how many relays did not fit
   */
  draw(model, { selected, way, unfolded, isTall }) {
    const ends = selected.link === undefined ? [] : JSON.parse(selected.link);
    const kept = [...way.relays, ...ends, ...selected.relay === undefined ? [] : [selected.relay]];
    const all = model.heard().map(({ last_seen: _, announces: _count, ...node }) => node);
    const folded = fold({ relays: all, links: model.pairs() }, { unfolded, kept });
    const relays = folded.relays.slice(0, MAX_DRAWN);
    const drawn = new Set(relays.map(({ id }) => id));
    const links = folded.links.filter(({ a, b }) => drawn.has(a) && drawn.has(b));
    const layout = this.#arrange(relays, links, isTall);
    const scale = this.#fit(layout, isTall);
    const picture = JSON.stringify([relays, links, selected, way, isTall, scale]);
    if (picture !== this.#picture) {
      this.#picture = picture;
      this.#show(layout, { relays, links, selected, way, isTall, scale });
    }
    const hidden = folded.relays.length - relays.length;
    return { hidden };
  }

  /** Pixels per unit: the whole picture is visible until the user zooms. */
  #fit({ width, height }, isTall) {
    const room = this.#place.clientWidth || 900;
    const high = isTall ? Infinity : HIGH * innerHeight;
    return Math.min(room / width, high / height, MAX_SCALE) * this.#zoom;
  }

  /** The layout depends on relays and links, not on measurements. */
  #arrange(relays, links, isTall) {
    const places = relays.map(({ id, region }) => ({ id, region }));
    const edges = links.map(({ a, b }) => ({ a, b }));
    const key = JSON.stringify([places, edges, isTall]);
    if (key !== this.#layoutKey) this.#layout = layOut({ relays: places, links: edges, isTall });
    this.#layoutKey = key;
    return this.#layout;
  }

  /**
   * The positions of labels; relays with problems and the selected one come first, even if labels
   * overlap.
   */
  #label(layout, { relays, drawn, letters, radius, isChosen }) {
    const nameIt = (relay) => nameOf(relay, layout.relays.get(relay.id), { letters, radius });
    const rank = (relay) => isChosen(relay) ? -1 : STATES.indexOf(relay.state);
    const isFirst = (relay) => isChosen(relay) || relay.state !== "registered";
    const first = sorted(relays.filter(isFirst), rank).map(nameIt);
    const placed = placeLabels(first, []);
    const others = relays.length > MOST_NAMED ? [] : relays.filter((one) => !isFirst(one));
    const side = 2 * radius;
    const rest = placeLabels([
      ...layout.regions.map((region) => regionName(region, letters)),
      ...others.map(nameIt),
      ...sorted(drawn, ({ matters }) => -matters).flatMap(({ link, key, at }) => [
        ...(link.carried.length > 0 ? [boxOf(`n${key}`, link, at, letters)] : []),
        captionOf(`l${key}`, link, at, letters),
      ]),
    ], [
      ...[...layout.relays.values()].map((at) => ({ ...at, width: side, height: side })),
      ...first.flatMap(({ key, width, height }) => {
        const at = placed.get(key);
        return at ? [{ ...at, width, height }] : [];
      }),
    ]);
    return new Map([...rest, ...placed]);
  }

  #show(layout, { relays, links, selected, way, isTall, scale }) {
    const { id, link: focusedLink } = document.activeElement?.dataset ?? {};
    const steps = new Set(way.pairs);
    const onRoute = (link) => steps.has(pairKey(link.a, link.b));
    const isNear = ({ a, b }) => {
      const { relay, link } = selected;
      if (link !== undefined) return pairKey(a, b) === link;
      return relay === undefined || a === relay || b === relay;
    };
    const letters = Math.max(LETTERS, LEAST_LETTERS / scale);
    const radius = Math.min(MOST_RADIUS, Math.max(RADIUS, LEAST_RADIUS / scale));
    const bend = isTall ? TALL_BEND : BEND;
    const drawn = links.map((link) => ({
      link,
      key: pairKey(link.a, link.b),
      at: curve(link, layout, bend),
      classes: (onRoute(link) ? " route" : "") + (isNear(link) ? "" : " far"),
      matters: (onRoute(link) ? 4 : 0) + (link.state === "up" ? 0 : 2) + (isNear(link) ? 1 : 0),
    }));
    const isChosen = (relay) => relay.id === selected.relay || way.relays.includes(relay.id);
    const labels = this.#label(layout, { relays, drawn, letters, radius, isChosen });
    const { width, height, regions } = layout;
    const picture = shape(
      "svg",
      {
        viewBox: `0 ${-ABOVE * letters} ${width} ${height + 2 * ABOVE * letters}`,
        role: "group",
        "aria-label": "Relays and links",
      },
      ...regions.map((region) => drawRegion(region, labels.get(`r${region.name}`))),
      ...drawn.map(({ link, key, at, classes }) =>
        drawLink(link, at, {
          classes,
          isSelected: key === selected.link,
          onClick: () => this.#told.onLink(key),
        })
      ),
      ...drawn.flatMap(({ link, key, classes }) => {
        const [caption, count] = [labels.get(`l${key}`), labels.get(`n${key}`)];
        return [
          caption && drawLinkLabel(link, caption, { classes, letters }),
          count && drawCount(link, count, { classes, letters }),
        ];
      }),
      ...relays.map((relay) =>
        drawRelay(relay, layout.relays.get(relay.id), {
          radius,
          name: labels.get(relay.id),
          hasRoom: radius * scale > 13,
          isSelected: relay.id === selected.relay,
          isOnRoute: way.relays.includes(relay.id),
          onClick: () => this.#choose(relay.id),
        })
      ),
    );
    picture.style.setProperty("--letters", `${letters}px`);
    picture.style.width = `${Math.floor(width * scale)}px`;
    picture.style.height = `${Math.floor((height + 2 * ABOVE * letters) * scale)}px`;
    this.#place.replaceChildren(picture);
    if (id === undefined && focusedLink === undefined) return;
    [...picture.querySelectorAll("[data-id], [data-link]")].find(({ dataset }) =>
      dataset.id === id && dataset.link === focusedLink
    )?.focus();
  }
}

function sorted(items, rank) {
  return items.toSorted((a, b) => rank(a) - rank(b));
}

/** A region's name is inside its circle, or else above. */
function regionName({ name, x, y, radius }, letters) {
  const text = name || "no region";
  const places = [{ x, y: y - radius + 1.1 * letters }, { x, y: y - radius - 0.8 * letters }];
  const width = (text.length + 2) * LETTER_WIDTH * letters;
  return { key: `r${name}`, width, height: 1.2 * letters, places };
}

function drawRegion({ name, x, y, radius }, at) {
  return shape(
    "g",
    { class: "region" },
    shape("title", {}, name || "no region"),
    shape("circle", { cx: x, cy: y, r: radius }),
    at && shape("text", { x: at.x, y: at.y, dy: "0.35em" }, name || "no region"),
  );
}
