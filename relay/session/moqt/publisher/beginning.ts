import { compareLocations, type Filter, type Location } from "@qumo/shared/wire";
import { type Window, windowOf } from "../../../track/mod.ts";
import type { JoinPoint } from "../../delivery/subscription_options.ts";
import { isFromLargest } from "./subscription_parameters.ts";

/** Where a subscription begins, relative to the largest location that its subscriber was told of. */
export class Beginning {
  #filter: Filter | undefined;
  #join: JoinPoint;
  #largest: Location | undefined;

  constructor(filter: Filter | undefined, join: JoinPoint, largest: Location | undefined) {
    this.#filter = filter;
    this.#join = join;
    this.#largest = largest;
  }

  get filter(): Filter | undefined {
    return this.#filter;
  }

  get join(): JoinPoint {
    return this.#join;
  }

  /** The largest location that the subscriber was told of (#subscriptions). */
  get largest(): Location | undefined {
    return this.#largest;
  }

  /** A window that is extended to the start of the largest object's group if it is to begin there. */
  extended(window: Window, largest = this.#largest): Window {
    if (this.#join !== "group_start" || largest === undefined) return window;
    return { ...window, start: { group: largest.group, object: 0n } };
  }

  /** The window when the largest location is another; undefined where that changes nothing. */
  windowFrom(largest: Location | undefined): Window | undefined {
    if (!isFromLargest(this.#filter)) return undefined;
    return this.extended(windowOf(this.#filter, largest), largest);
  }

  /** Whether the subscriber was told of another largest location. */
  isNews(largest: Location | undefined): largest is Location {
    if (largest === undefined) return false;
    return this.#largest === undefined || compareLocations(this.#largest, largest) !== 0;
  }

  /** The subscriber asks for another part of the track, from now on. */
  change(filter: Filter): void {
    this.#filter = filter;
    this.#join = "live";
  }

  /** The subscriber is told of this largest location. */
  tell(largest: Location | undefined): void {
    this.#largest = largest;
  }
}
