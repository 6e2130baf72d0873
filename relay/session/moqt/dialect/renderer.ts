import {
  type DataDialect,
  DEFAULT_TRACK_PROPERTIES,
  encodeDatagram,
  encodeSubgroupHeader,
  hasDefaultPriority,
  objectHeaderSize,
  type PropertyForm,
  writeObjectHeader,
} from "@qumo/shared/wire";
import {
  type DatagramFields,
  type ObjectHead,
  type Renderer,
  type SubgroupFields,
  type SubgroupRenderer,
  takeMemory,
} from "../../../track/mod.ts";

/**
 * The renderer of a dialect; the same object for each call, since it is used as a key. `copy` is
 * above 0 for further subscriptions of one session to a track: all second ones share a renderer,
 * and so on.
 */
export function rendererOf(dialect: DataDialect, copy = 0): Renderer {
  const { live = dialect } = dialect;
  const known = RENDERERS.get(live) ?? [];
  RENDERERS.set(live, known);
  return known[copy] ??= new MoqtRenderer(live, copy);
}

const RENDERERS = new WeakMap<DataDialect, Renderer[]>();

/**
 * The track alias: the track's number for every subscriber, so that all share the same bytes. A
 * further subscription of one session has an alias of its own.
 */
export function aliasOf(track: bigint, copy: number): bigint {
  return track + (BigInt(copy) << COPY_SHIFT);
}

// Above any number of tracks, and low enough for peers whose integers have 53 bits.
const COPY_SHIFT = 48n;

/** Renders objects in a MoQT draft. */
class MoqtRenderer implements Renderer {
  readonly #dialect: DataDialect;
  readonly #copy: number;

  constructor(dialect: DataDialect, copy: number) {
    this.#dialect = dialect;
    this.#copy = copy;
  }

  get name(): string {
    return this.#dialect.name;
  }

  get properties(): PropertyForm {
    return this.#dialect.properties;
  }

  subgroup(track: bigint, fields: SubgroupFields): SubgroupRenderer {
    return new MoqtSubgroup(this.#dialect, aliasOf(track, this.#copy), fields);
  }

  datagram(track: bigint, object: DatagramFields): Uint8Array {
    const properties = this.properties.of(object.properties);
    return encodeDatagram(
      {
        alias: aliasOf(track, this.#copy),
        group: object.group,
        object: object.object,
        priority: priorityIn(this.#dialect, object),
        properties,
        status: object.status,
        endOfGroup: object.endOfGroup,
        payload: object.payload,
      },
      this.#dialect,
      takeMemory,
    );
  }
}

class MoqtSubgroup implements SubgroupRenderer {
  readonly preamble: Uint8Array;
  readonly #dialect: DataDialect;
  readonly #hasProperties: boolean;

  constructor(dialect: DataDialect, alias: bigint, fields: SubgroupFields) {
    const { group, subgroup, hasProperties, endOfGroup, firstObject } = fields;
    const priority = priorityIn(dialect, fields);
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

/** The priority that is written; undefined where it may be left to the track's default. */
function priorityIn(
  dialect: DataDialect,
  { priority, defaultPriority }: Pick<SubgroupFields, "priority" | "defaultPriority">,
): number | undefined {
  if (priority !== undefined || hasDefaultPriority(dialect)) return priority;
  return defaultPriority ?? DEFAULT_TRACK_PROPERTIES.defaultPriority;
}
