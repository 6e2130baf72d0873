import { NO_PROPERTIES, ObjectStatus } from "@qumo/shared/wire";
import { PROPERTIES_ASIDE_BYTES } from "../limits.ts";
import { lowerBound } from "./lower_bound.ts";

/** An object's entry in the index. */
export interface IndexedObject {
  readonly id: number;
  readonly status: number;
  readonly payloadLength: number;
}

/** The position of an object's properties. */
export interface PropertiesPlace {
  readonly propertiesStart: number;
  readonly propertiesLength: number;
}

/** The index of a log's objects, in ascending order of ids. */
export class ObjectIndex {
  readonly #hasProperties: boolean;
  readonly #ids: number[] = [];
  readonly #times: number[] = [];
  readonly #lengths: number[] = [];
  // Only if objects have a block of properties.
  readonly #propertyStarts: number[] = [];
  readonly #propertyLengths: number[] = [];
  // Properties that are not in the log's bytes, by id.
  #aside: Map<number, Uint8Array> | undefined;
  #bytesAside = 0;
  // The status of the few objects that only mark an end, by id.
  #marks: Map<number, number> | undefined;

  constructor(hasProperties: boolean) {
    this.#hasProperties = hasProperties;
  }

  get count(): number {
    return this.#ids.length;
  }

  idAt(index: number): number {
    return this.#ids[index]!;
  }

  timeOf(index: number): number {
    return this.#times[index]!;
  }

  payloadLengthOf(index: number): number {
    return this.#lengths[index]!;
  }

  statusOf(index: number): number {
    return this.#marks?.get(this.#ids[index]!) ?? ObjectStatus.NORMAL;
  }

  propertiesOf(index: number): PropertiesPlace {
    return {
      propertiesStart: this.#propertyStarts[index] ?? 0,
      propertiesLength: this.#propertyLengths[index] ?? 0,
    };
  }

  /** The index of the first object whose id is not less than `id`; the count when there is none. */
  indexOf(id: number): number {
    return lowerBound(this.#ids, id);
  }

  add(
    { id, status, payloadLength }: IndexedObject,
    now: number,
    properties: PropertiesPlace,
  ): void {
    this.#ids.push(id);
    this.#times.push(now);
    this.#lengths.push(payloadLength);
    if (status !== ObjectStatus.NORMAL) (this.#marks ??= new Map()).set(id, status);
    if (!this.#hasProperties) return;
    this.#propertyStarts.push(properties.propertiesStart);
    this.#propertyLengths.push(properties.propertiesLength);
  }

  /** Memory of the properties that are kept aside. */
  get bytesAside(): number {
    return this.#bytesAside;
  }

  /** Keeps a copy of the last object's properties, which are not in the log's bytes. */
  keepAside(id: number, properties: Uint8Array): void {
    if (!this.#hasProperties || properties.length === 0) return;
    (this.#aside ??= new Map()).set(id, properties.slice());
    this.#bytesAside += PROPERTIES_ASIDE_BYTES + properties.length;
  }

  /** The properties of an object that are kept aside. */
  propertiesAside(index: number): Uint8Array {
    return this.#aside?.get(this.#ids[index]!) ?? NO_PROPERTIES;
  }

  #forgetAside(id: number): void {
    const properties = this.#aside?.get(id);
    if (properties === undefined) return;
    this.#aside!.delete(id);
    this.#bytesAside -= PROPERTIES_ASIDE_BYTES + properties.length;
  }

  /** Removes the first objects. Returns the last of their ids. */
  forget(count: number): number {
    const last = this.#ids[count - 1]!;
    for (let index = 0; index < count; index++) {
      this.#marks?.delete(this.#ids[index]!);
      this.#forgetAside(this.#ids[index]!);
    }
    for (
      const column of [
        this.#ids,
        this.#times,
        this.#lengths,
        this.#propertyStarts,
        this.#propertyLengths,
      ]
    ) column.splice(0, count);
    return last;
  }
}
