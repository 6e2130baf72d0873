import { type AnnouncedName, formatAnnounce } from "@qumo/shared/topology";
import type { Namespace } from "@qumo/shared/wire";
import { type AnnouncedRoute, compareRoutes, type RouteTold } from "../track/mod.ts";

/*
 * How relays of a mesh know by which path a namespace came that a relay of another program passes on:
 * who has it announces another name beside it, `./passed-on/COST/HOPS/` and the namespace, which no
 * publisher can have. So relays of other programs at other ends of the mesh are told of the path, and no
 * namespace goes round in a circle.
 */

const FIRST = ".";
const SECOND = "passed-on";
/** In place of a path that nobody told. */
const UNKNOWN = "unknown";
const HOPS = /^(unknown|\d{1,20}(-\d{1,20})*)$/;
const COST = /^\d{1,20}$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text that says by which path a namespace comes; undefined for one that is published here. */
function passedOnText(
  { scope, namespace }: { readonly scope: string; readonly namespace: Namespace },
  routes: readonly AnnouncedRoute[],
  own: bigint,
): string | undefined {
  if (routes.length === 0 || routes.some(({ isPassedOn }) => !isPassedOn)) return undefined;
  const [{ hops, cost }] = routes.toSorted(compareRoutes) as [AnnouncedRoute];
  const path = hops.length === 0 ? UNKNOWN : [...hops, own].join("-");
  const words = [FIRST, SECOND, String(cost.cold), path];
  return formatAnnounce({
    scope,
    namespace: [...words.map((word) => encoder.encode(word)), ...namespace],
  });
}

/** What such a text says, and of which announce; undefined for any other. */
export function passedOnOf(
  { scope, namespace, name }: AnnouncedName,
): { readonly text: string; readonly told: RouteTold } | undefined {
  const [first, second, cost, hops, ...rest] = namespace;
  if (name !== undefined || hops === undefined) return undefined;
  if (decoder.decode(first) !== FIRST || decoder.decode(second) !== SECOND) return undefined;
  const [costText, hopsText] = [decoder.decode(cost), decoder.decode(hops)];
  if (!COST.test(costText) || !HOPS.test(hopsText)) return undefined;
  const price = BigInt(costText);
  return {
    text: formatAnnounce({ scope, namespace: rest }),
    told: {
      hops: hopsText === UNKNOWN ? [] : hopsText.split("-").map(BigInt),
      cost: { warm: price, cold: price },
      isPassedOn: true,
    },
  };
}

/** The dependencies of {@linkcode PassedOn}. */
export interface PassedOnParts {
  /** This relay's id among relays of other programs. */
  readonly hop: bigint;
  readonly announced: (text: string) => void;
  readonly withdrawn: (text: string) => void;
}

/** Tells the mesh of the paths of what relays of other programs pass on to this one. */
export class PassedOn {
  readonly #parts: PassedOnParts;
  readonly #told = new Map<string, string>();

  constructor(parts: PassedOnParts) {
    this.#parts = parts;
  }

  /** A namespace is published by these routes. */
  routed(
    name: { readonly scope: string; readonly namespace: Namespace },
    routes: readonly AnnouncedRoute[],
  ): void {
    const { hop, announced, withdrawn } = this.#parts;
    const key = formatAnnounce(name);
    const before = this.#told.get(key);
    const now = passedOnText(name, routes, hop);
    if (now === before) return;
    if (now === undefined) this.#told.delete(key);
    else this.#told.set(key, now);
    // First the new one, so that it is known all the time that it is passed on.
    if (now !== undefined) announced(now);
    if (before !== undefined) withdrawn(before);
  }
}
