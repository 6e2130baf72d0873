import {
  ByteWriter,
  type Draft,
  encodeDatagram,
  encodeFetchHeader,
  encodeSubgroupHeader,
  hasDefaultPriority,
  NO_PROPERTIES,
} from "@qumo/shared/wire";
import { pairs } from "../../../shared/wire/pairs.ts";
import { bytesOf } from "../peers/scripted_streams.ts";
import type { Random } from "../random.ts";

/** The aliases under which hostile peers publish, if not under any other. */
export const HOSTILE_ALIASES = [1n, 2n, 3n] as const;

/** Streams and datagrams with objects, valid by themselves mostly, by one seed. */
export class HostileObjects {
  readonly #random: Random;
  readonly #draft: Draft;
  /** Ids of fetches that the relay waits for. */
  readonly fetches: bigint[] = [];

  constructor(random: Random, draft: Draft) {
    this.#random = random;
    this.#draft = draft;
  }

  /** Any integer that the draft has. */
  #integer(): bigint {
    return this.#random.integer() & this.#draft.varint.max;
  }

  #alias(): bigint {
    return this.#random.percent(90) ? this.#random.pick(HOSTILE_ALIASES) : this.#integer();
  }

  /** A stream with a subgroup: its header and some objects. */
  subgroup(): Uint8Array {
    const random = this.#random;
    const hasProperties = random.percent(50);
    const parts: Uint8Array[] = [encodeSubgroupHeader({
      alias: this.#alias(),
      group: this.#integer(),
      subgroup: random.percent(20) ? undefined : this.#integer(),
      priority: this.#priority(),
      hasProperties,
      endOfGroup: random.percent(30),
      firstObject: random.percent(50),
    }, this.#draft.data)];
    for (let count = random.below(6); count > 0; count--) parts.push(this.#object(hasProperties));
    return bytesOf(this.#draft, ...parts);
  }

  /** A stream that answers a fetch: its header and what may or may not be objects. */
  fetchStream(): Uint8Array {
    const random = this.#random;
    const { fetches } = this;
    const id = fetches.length > 0 && random.percent(90) ? random.pick(fetches) : this.#integer();
    const parts: (Uint8Array | bigint)[] = [encodeFetchHeader(id, this.#draft.data)];
    for (let count = random.below(5); count > 0; count--) {
      const flags = random.percent(80) ? 0x1c | random.below(0x80) : random.pick([0x8c, 0x10c]);
      parts.push(BigInt(flags), ...[this.#integer(), this.#integer(), this.#integer()]);
      parts.push(random.bytes(12));
    }
    return bytesOf(this.#draft, ...parts);
  }

  datagram(): Uint8Array {
    const random = this.#random;
    const status = random.pick([0, 0, 3, 4]);
    const endOfGroup = status === 0 && random.percent(50);
    const hasProperties = status === 0 && !endOfGroup;
    return encodeDatagram({
      alias: this.#alias(),
      group: this.#integer(),
      object: random.below(6),
      priority: this.#priority(),
      status,
      properties: hasProperties ? this.#properties() : NO_PROPERTIES,
      endOfGroup,
      payload: random.bytes(status === 0 ? 9 : 0),
    }, this.#draft.data);
  }

  /** Undefined for the track's, where the draft has such a thing. */
  #priority(): number | undefined {
    const isTheTracks = this.#random.percent(50) && hasDefaultPriority(this.#draft.data);
    return isTheTracks ? undefined : this.#random.below(256);
  }

  /** Put together by hand, since the encoder refuses what contradicts itself. */
  #object(hasProperties: boolean): Uint8Array {
    const random = this.#random;
    const payload = random.percent(2) ? new Uint8Array(random.below(70_000)) : random.bytes(40);
    const delta = random.percent(85) ? BigInt(random.below(3)) : this.#integer();
    const properties = this.#properties();
    const block = hasProperties ? [BigInt(properties.length), properties] : [];
    const length = random.percent(3) ? this.#integer() : BigInt(payload.length);
    const status = length === 0n ? [random.pick([0n, 3n, 4n, 4n])] : [];
    return bytesOf(this.#draft, delta, ...block, length, ...status, payload);
  }

  /** Pairs in order, among which are those that relays read. */
  #properties(): Uint8Array {
    const random = this.#random;
    const any = () => random.percent(70) ? random.pick(PROPERTY_TYPES) : this.#integer();
    const types = Array.from({ length: random.below(3) }, any).sort((a, b) => Number(a - b));
    const valueOf = (type: bigint) => type % 2n === 0n ? this.#integer() : random.bytes(10);
    const writer = new ByteWriter(this.#draft.varint);
    pairs.encode(writer, types.map((type) => ({ type, value: valueOf(type) })));
    return writer.finish();
  }
}

// Gaps, immutable properties, a mandatory one, and what tracks have.
const PROPERTY_TYPES = [0x02n, 0x04n, 0x0bn, 0x0en, 0x22n, 0x30n, 0x3cn, 0x3en, 0x4000n];
