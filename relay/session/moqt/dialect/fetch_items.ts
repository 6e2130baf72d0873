import {
  compareLocations,
  type DataDialect,
  type FetchWriter,
  type GroupOrder,
  type Location,
  MAX_OBJECT_ID,
  type UnknownRange,
} from "@qumo/shared/wire";
import { takeMemory } from "../../../track/mod.ts";
import type { FetchItem, FetchOutput, Unsaid } from "../../fetch_output.ts";
import { expressible } from "./expressible.ts";

/** What goes on the stream of one fetch, in the peer's dialect and in the fetch's order. */
export class FetchItems implements FetchOutput {
  readonly #order: GroupOrder;
  readonly #dialect: DataDialect;
  readonly #writer: FetchWriter;
  #last: Location | undefined;
  #unknownUpTo: Location | undefined;
  #unknownAs: UnknownRange = "unknown";
  // A marker that goes with the next object.
  #ahead = NOTHING;

  constructor(order: GroupOrder, dialect: DataDialect) {
    this.#order = order;
    this.#dialect = dialect;
    this.#writer = dialect.fetch.writer(order, dialect);
  }

  /** Whether the stream has come to this location already, or past it. */
  hasPassed(location: Location): boolean {
    const last = this.#last;
    if (last === undefined) return false;
    if (this.#order === "ascending" || last.group === location.group) {
      return compareLocations(location, last) <= 0;
    }
    return location.group > last.group;
  }

  /** Nothing is known of what is left out up to this location. */
  noteUnknown(location: Location, as: UnknownRange = "unknown"): void {
    this.#unknownUpTo = location;
    this.#unknownAs = as;
  }

  /** The header of the next object, behind a marker when something before it is unknown. */
  object(item: FetchItem): Uint8Array | Unsaid {
    if (!this.#mark()) return "unknown";
    const location = { group: item.group, object: BigInt(item.object) };
    const header = expressible(() => {
      const properties = this.#dialect.properties.of(item.properties);
      return this.#writer.object({ ...item, properties });
    });
    if (header === undefined) {
      this.noteUnknown(location);
      return "object";
    }
    this.#last = location;
    const bytes = concat(this.#ahead, header);
    this.#ahead = NOTHING;
    return bytes;
  }

  /** What the stream ends with. */
  end(): Uint8Array | Unsaid {
    return this.#mark() ? this.#ahead : "unknown";
  }

  /** Puts a marker ahead where something is unknown; false when the dialect cannot say that. */
  #mark(): boolean {
    const unknown = this.#unknownUpTo;
    this.#unknownUpTo = undefined;
    if (unknown === undefined || this.hasPassed(unknown)) return true;
    const object = unknown.object > BigInt(MAX_OBJECT_ID) ? MAX_OBJECT_ID : Number(unknown.object);
    const marker = expressible(() =>
      this.#writer.unknownUpTo(unknown.group, object, this.#unknownAs)
    );
    if (marker === undefined) return false;
    this.#last = unknown;
    this.#ahead = concat(this.#ahead, marker);
    return true;
  }
}

const NOTHING = new Uint8Array();

function concat(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (a.length === 0) return b;
  const both = takeMemory(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
