import { DecodeError, EncodeError, type PropertyBlock } from "@qumo/shared/wire";
import { OBJECT_OVERHEAD_BYTES } from "../limits.ts";
import type { DatagramFields, Renderer } from "./renderer.ts";

/** How a datagram arrived. */
export interface DatagramInit {
  /** The number of its track at this relay. */
  readonly track: bigint;
  /** The renderer of the dialect that it arrived in, in which it is kept. */
  readonly renderer: Renderer;
  /** The track's default priority. */
  readonly defaultPriority: number;
  /** The time of arrival, in the clock's milliseconds. */
  readonly time: number;
}

/** An object that arrived as a datagram, with its rendering in each requested dialect. */
export class DatagramObject implements DatagramFields {
  readonly group: bigint;
  readonly object: number;
  readonly priority: number | undefined;
  readonly defaultPriority: number;
  readonly properties: PropertyBlock;
  readonly status: number;
  readonly endOfGroup: boolean;
  readonly payload: Uint8Array;
  readonly time: number;
  readonly #track: bigint;
  readonly #native: Renderer;
  readonly #nativeBytes: Uint8Array;
  // An empty rendering stands for what a dialect cannot express.
  #others: Map<Renderer, Uint8Array> | undefined;

  /** Copies `fields`. */
  constructor(fields: DatagramFields, { track, renderer, time, defaultPriority }: DatagramInit) {
    const { properties } = fields;
    const bytes = renderer.datagram(track, fields);
    this.group = fields.group;
    this.object = fields.object;
    this.priority = fields.priority;
    this.defaultPriority = defaultPriority;
    this.properties = properties.bytes.length === 0
      ? properties
      : { ...properties, bytes: properties.bytes.slice() };
    this.status = fields.status;
    this.endOfGroup = fields.endOfGroup;
    // A view, so that the payload is not stored twice.
    this.payload = bytes.subarray(bytes.length - fields.payload.length);
    this.time = time;
    this.#track = track;
    this.#native = renderer;
    this.#nativeBytes = bytes;
  }

  /** Its memory, with all renderings. */
  get bytes(): number {
    let bytes = this.#nativeBytes.length + this.properties.bytes.length + OBJECT_OVERHEAD_BYTES;
    for (const other of this.#others?.values() ?? []) bytes += other.length;
    return bytes;
  }

  /**
   * The datagram in this dialect, if it was rendered before; empty if the dialect cannot express
   * it.
   */
  renderingOf(renderer: Renderer): Uint8Array | undefined {
    return renderer === this.#native ? this.#nativeBytes : this.#others?.get(renderer);
  }

  /** Renders it in another dialect; empty if the dialect cannot express it. */
  render(renderer: Renderer): Uint8Array {
    const bytes = this.#write(renderer);
    (this.#others ??= new Map()).set(renderer, bytes);
    return bytes;
  }

  #write(renderer: Renderer): Uint8Array {
    try {
      return renderer.datagram(this.#track, this);
    } catch (error) {
      if (error instanceof EncodeError || error instanceof DecodeError) return NOTHING;
      throw error;
    }
  }
}

const NOTHING = new Uint8Array(0);
