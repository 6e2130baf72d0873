import {
  data18,
  encodeSubgroupHeader,
  type SubgroupHeader,
  writeObjectHeader,
} from "@qumo/shared/wire";

/** What to write of an object on a subgroup's stream. */
export interface OutgoingObject {
  readonly object: number;
  readonly status?: number;
  readonly properties?: Uint8Array;
  readonly payload: Uint8Array;
}

// An object's id, lengths and status take at most so much.
const INTEGERS = 4 * 9;

/** A subgroup that this side sends. */
export class OutgoingSubgroup {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #header: SubgroupHeader;
  #previous = -1;

  constructor(writer: WritableStreamDefaultWriter<Uint8Array>, header: SubgroupHeader) {
    this.#writer = writer;
    this.#header = header;
  }

  /** Sends the next object, with the header of the stream before the first. */
  async write(object: OutgoingObject): Promise<void> {
    const first = this.#previous < 0;
    if (first) await this.#writer.write(encodeSubgroupHeader(this.#header, data18));
    await this.#writer.write(this.#encode(object));
    this.#previous = object.object;
  }

  #encode({ object, status = 0, properties, payload }: OutgoingObject): Uint8Array {
    const bytes = new Uint8Array(INTEGERS + (properties?.length ?? 0) + payload.length);
    const delta = object - this.#previous - 1;
    const { hasProperties } = this.#header;
    const { length } = payload;
    const at = writeObjectHeader(
      bytes,
      0,
      delta,
      hasProperties,
      properties,
      length,
      status,
      data18.varint,
    );
    bytes.set(payload, at);
    return bytes.subarray(0, at + length);
  }

  /** Ends the stream. */
  async finish(): Promise<void> {
    await this.#writer.close();
  }
}
