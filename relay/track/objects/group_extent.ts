import { MalformedTrack } from "../errors.ts";
import { Gaps } from "./gaps.ts";

/** How far a group reaches, as its publishers declare it: its end, and what is missing in and before it. */
export class GroupExtent {
  /** Declared gaps of object ids. */
  readonly gaps = new Gaps();
  readonly #group: bigint;
  #priorGroups: bigint | undefined;
  #end: number | undefined;
  #largest = -1;

  constructor(group: bigint) {
    this.#group = group;
  }

  /** The first object id without a payload behind the group's end, if the end is known. */
  get end(): number | undefined {
    return this.#end;
  }

  /** Notes an object with a payload, behind which the group must not end. */
  note(id: number): void {
    if (id > this.#largest) this.#largest = id;
  }

  /** Throws for ids beyond the group's end and in its gaps. */
  checkId(id: number): void {
    if (this.#end !== undefined && id >= this.#end) {
      throw new MalformedTrack(`Object ${id} lies behind the end of group ${this.#group}`);
    }
    if (!this.gaps.isEmpty && this.gaps.has(BigInt(id))) {
      throw new MalformedTrack(`Object ${id} lies in a gap of group ${this.#group}`);
    }
  }

  /** Throws for an end that contradicts the group's content. */
  checkEnd(end: number): void {
    if (this.#end !== undefined && this.#end !== end) {
      throw new MalformedTrack(`Group ${this.#group} ends at ${end} and at ${this.#end}`);
    }
    if (this.#largest >= end) {
      throw new MalformedTrack(
        `Group ${this.#group} ends at ${end} but has object ${this.#largest}`,
      );
    }
  }

  /** Declares that no object with a payload has this id or a larger one. */
  endAt(end: number): void {
    this.checkEnd(end);
    this.#end = end;
  }

  /** Throws if the number of missing groups before this one differs from an earlier object's. */
  checkPriorGroups(count: bigint): void {
    const known = this.#priorGroups;
    if (known === undefined || known === count) return;
    throw new MalformedTrack(`Group ${this.#group} follows on a gap of ${known} and of ${count}`);
  }

  /** Declares the number of missing groups before this one. */
  declarePriorGroups(count: bigint): void {
    this.#priorGroups = count;
  }
}
