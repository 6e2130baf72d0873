import {
  type DataDialect,
  encodeDatagram,
  encodeSubgroupHeader,
  objectHeaderSize,
  type PropertyForm,
  writeObjectHeader,
} from "@qumo/shared/wire";
import type {
  DatagramFields,
  ObjectHead,
  Renderer,
  SubgroupFields,
  SubgroupRenderer,
} from "../../../track/mod.ts";

/** The renderer of a dialect, always the same, since it stands for the dialect. */
export function rendererOf(dialect: DataDialect): Renderer {
  const known = RENDERERS.get(dialect);
  if (known !== undefined) return known;
  const renderer = new MoqtRenderer(dialect);
  RENDERERS.set(dialect, renderer);
  return renderer;
}

const RENDERERS = new WeakMap<DataDialect, Renderer>();

/**
 * Objects as drafts of MoQT send them. The number of a track is its alias, the same towards every
 * subscriber, so that all are sent the same bytes.
 */
class MoqtRenderer implements Renderer {
  readonly #dialect: DataDialect;

  constructor(dialect: DataDialect) {
    this.#dialect = dialect;
  }

  get name(): string {
    return this.#dialect.name;
  }

  get properties(): PropertyForm {
    return this.#dialect.properties;
  }

  subgroup(track: bigint, fields: SubgroupFields): SubgroupRenderer {
    return new MoqtSubgroup(this.#dialect, track, fields);
  }

  datagram(track: bigint, object: DatagramFields): Uint8Array {
    const properties = this.properties.of(object.properties);
    return encodeDatagram({
      alias: track,
      group: object.group,
      object: object.object,
      priority: object.priority,
      properties,
      status: object.status,
      endOfGroup: object.endOfGroup,
      payload: object.payload,
    }, this.#dialect);
  }
}

class MoqtSubgroup implements SubgroupRenderer {
  readonly preamble: Uint8Array;
  readonly #dialect: DataDialect;
  readonly #hasProperties: boolean;

  constructor(dialect: DataDialect, alias: bigint, fields: SubgroupFields) {
    const { group, subgroup, priority, hasProperties, endOfGroup, firstObject } = fields;
    const header = { alias, group, subgroup, priority, hasProperties, endOfGroup, firstObject };
    this.preamble = encodeSubgroupHeader(header, dialect);
    this.#dialect = dialect;
    this.#hasProperties = hasProperties;
  }

  sizeOf({ id, previous, properties, payloadLength, status }: ObjectHead): number {
    const { varint } = this.#dialect;
    const delta = id - previous - 1;
    return objectHeaderSize(delta, this.#hasProperties, properties, payloadLength, status, varint);
  }

  write(into: Uint8Array, at: number, head: ObjectHead): number {
    const { id, previous, properties, payloadLength, status } = head;
    const { varint } = this.#dialect;
    const delta = id - previous - 1;
    const has = this.#hasProperties;
    writeObjectHeader(into, at, delta, has, properties, payloadLength, status, varint);
    if (!has) return at;
    return at + varint.sizeOfNumber(delta) + varint.sizeOfNumber(properties.length);
  }
}
