import { ObjectStatus } from "@qumo/shared/wire";
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

  /** Removes the first objects. Returns the last of their ids. */
  forget(count: number): number {
    const last = this.#ids[count - 1]!;
    for (let index = 0; index < count; index++) this.#marks?.delete(this.#ids[index]!);
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
