import type { Track } from "../../track/mod.ts";
import { type ReadObject, readObject } from "./read_object.ts";

/** What {@linkcode GroupReading.next} found. */
export type NextObject =
  | { readonly kind: "object"; readonly object: ReadObject }
  /** More may come. */
  | { readonly kind: "wait" }
  /** Nothing more comes; `isWhole`: and nothing is missing. */
  | { readonly kind: "over"; readonly isWhole: boolean };

const WAIT: NextObject = { kind: "wait" };

/** Reads the objects of a group in order of their ids, whatever subgroups or datagrams brought them. */
export class GroupReading {
  readonly id: bigint;
  readonly #track: Track;
  #next: number;
  #isWhole = true;
  #hasBegun = false;

  /** Begins with the object of this id. */
  constructor(track: Track, id: bigint, next = 0) {
    this.#track = track;
    this.id = id;
    this.#next = next;
  }

  /** The id of the next object, as far as is known. */
  get position(): number {
    return this.#next;
  }

  /** The next object that is there. */
  next(): NextObject {
    for (;;) {
      const group = this.#track.group(this.id);
      if (group === undefined) {
        const isGone = this.#hasBegun || this.#track.isTooOld(this.id) ||
          this.#track.endReason !== undefined;
        return isGone ? { kind: "over", isWhole: false } : WAIT;
      }
      this.#hasBegun = true;
      const home = group.homeOf(this.#next);
      if (home === undefined) {
        const { end } = group.extent;
        if (end !== undefined && this.#next >= end) return this.#over();
        // What is missing in the middle may still come, on a stream that is open.
        if (group.logs.some((log) => log.state === "open" && log.hasWriters)) return WAIT;
        const later = group.ids().find((id) => id > this.#next);
        if (later === undefined) return group.count === 0 ? WAIT : this.#over();
        this.#isWhole = false;
        this.#next = later;
        continue;
      }
      const object = readObject(home, this.#next);
      if (object === "partial") return WAIT;
      this.#next++;
      if (object !== undefined) return { kind: "object", object };
    }
  }

  #over(): NextObject {
    return { kind: "over", isWhole: this.#isWhole };
  }
}
