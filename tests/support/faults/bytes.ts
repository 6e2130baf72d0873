import {
  type ControlMessageOf,
  type Draft,
  encodeDatagram,
  EncodeError,
  encodeFetchHeader,
  encodeSubgroupHeader,
  type FullTrackName,
  hasDefaultPriority,
  type ObjectDatagram,
  PADDING_STREAM_TYPE,
} from "@qumo/shared/wire";
import { type AnyMessage, controlOf, layoutsOf, type MessageLayout } from "../layouts.ts";
import { madeUpMessage } from "../made_up.ts";
import type { Random } from "../random.ts";
import { bytesOf } from "../peers/scripted_streams.ts";

/** What messages that were made up are about, so that they reach further than "no such track". */
export interface Aim {
  /** Takes the id of the next request. */
  requestId(): bigint;
  /** The id of a request that was made before, or may have been. */
  earlierId(): bigint;
  readonly tracks: readonly FullTrackName[];
  readonly aliases: readonly bigint[];
  /** Ids of fetches that the relay waits for. */
  readonly fetches: readonly bigint[];
}

/** Everything that a session of a draft can be sent, valid by itself and aimed mostly, by one seed. */
export class HostileBytes {
  readonly #random: Random;
  readonly #draft: Draft;
  readonly #aim: Aim;
  readonly #layouts: ReadonlyMap<string, MessageLayout>;
  /** What the draft calls its messages. */
  readonly kinds: readonly string[];

  constructor(random: Random, draft: Draft, aim: Aim) {
    this.#random = random;
    this.#draft = draft;
    this.#aim = aim;
    this.#layouts = new Map(layoutsOf(draft).map((layout) => [layout.name, layout]));
    this.kinds = [...this.#layouts.keys()];
  }

  /** Any integer that the draft has. */
  #integer(): bigint {
    return this.#random.integer() & this.#draft.varint.max;
  }

  /** A message of this kind in its frame. */
  message(kind: string): Uint8Array {
    const [random, aim] = [this.#random, this.#aim];
    const message = madeUpMessage(this.#layouts.get(kind)!, this.#draft, random);
    const fields: Record<string, unknown> = { ...message };
    const replace = (name: string, share: number, value: () => unknown) => {
      if (name in fields && random.percent(share)) fields[name] = value();
    };
    if (kind !== "goaway") replace("requestId", 95, () => aim.requestId());
    replace("track", 80, () => random.pick(aim.tracks));
    for (const name of ["namespace", "prefix", "suffix"]) {
      replace(name, 60, () => random.pick(aim.tracks).namespace);
    }
    replace("existing", 80, () => aim.earlierId());
    replace("alias", 60, () => random.pick(aim.aliases));
    replace("parameters", 60, () => withoutTokens(fields.parameters as object));
    replace("range", 80, () => this.#aimed(fields.range as ControlMessageOf<"fetch">["range"]));
    return this.#encode(fields as unknown as AnyMessage) ?? this.#encode(message)!;
  }

  #aimed(range: ControlMessageOf<"fetch">["range"]) {
    const { tracks } = this.#aim;
    if ("track" in range) return { ...range, track: this.#random.pick(tracks) };
    return { ...range, requestId: this.#aim.earlierId() };
  }

  /** Undefined for what the draft has no words for. */
  #encode(message: AnyMessage): Uint8Array | undefined {
    try {
      return controlOf(this.#draft).encode(message);
    } catch (error) {
      if (error instanceof EncodeError) return undefined;
      throw error;
    }
  }

  /** A stream with a subgroup: its header and some objects. */
  subgroup(): Uint8Array {
    const [random, aim] = [this.#random, this.#aim];
    const hasProperties = random.percent(50);
    const parts: Uint8Array[] = [encodeSubgroupHeader({
      alias: random.percent(90) ? random.pick(aim.aliases) : this.#integer(),
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
    const [random, aim] = [this.#random, this.#aim];
    const known = aim.fetches.length > 0 && random.percent(90);
    const parts: (Uint8Array | bigint)[] = [
      encodeFetchHeader(known ? random.pick(aim.fetches) : this.#integer(), this.#draft.data),
    ];
    for (let count = random.below(5); count > 0; count--) {
      const flags = random.percent(80) ? 0x1c | random.below(0x80) : random.pick([0x8c, 0x10c]);
      parts.push(BigInt(flags), ...[this.#integer(), this.#integer(), this.#integer()]);
      parts.push(random.bytes(12));
    }
    return bytesOf(this.#draft, ...parts);
  }

  /** Properties of a track, of which there is one: groups may be asked for. */
  trackProperties(): Uint8Array {
    return bytesOf(this.#draft, 0x30n, 1n);
  }

  padding(): Uint8Array {
    return bytesOf(this.#draft, PADDING_STREAM_TYPE, this.#random.bytes(200));
  }

  datagram(): Uint8Array {
    const [random, aim] = [this.#random, this.#aim];
    const fields: ObjectDatagram = {
      alias: random.percent(90) ? random.pick(aim.aliases) : this.#integer(),
      group: this.#integer(),
      object: random.below(6),
      priority: this.#priority(),
      ...random.pick([
        { status: 0, properties: this.#properties(), endOfGroup: false, payload: random.bytes(9) },
        { status: 0, properties: NOTHING, endOfGroup: true, payload: random.bytes(9) },
        { status: random.pick([3, 4]), properties: NOTHING, endOfGroup: false, payload: NOTHING },
      ]),
    };
    return encodeDatagram(fields, this.#draft.data);
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
    const parts: (bigint | Uint8Array)[] = [delta];
    const properties = hasProperties ? this.#properties() : NOTHING;
    if (hasProperties) parts.push(BigInt(properties.length), properties);
    const length = random.percent(3) ? this.#integer() : BigInt(payload.length);
    parts.push(length);
    if (length === 0n) parts.push(random.pick([0n, 3n, 4n, 4n]));
    parts.push(payload);
    return bytesOf(this.#draft, ...parts);
  }

  /** Pairs among which are those that relays read. */
  #properties(): Uint8Array {
    const random = this.#random;
    const parts: (bigint | Uint8Array)[] = [];
    let previous = 0n;
    for (let count = random.below(3); count > 0; count--) {
      const type = random.percent(70) ? random.pick(PROPERTY_TYPES) : this.#integer();
      if (type < previous) break;
      parts.push(type - previous);
      previous = type;
      if (type % 2n === 0n) {
        parts.push(this.#integer());
      } else {
        const value = random.bytes(10);
        parts.push(BigInt(value.length), value);
      }
    }
    return bytesOf(this.#draft, ...parts);
  }
}

const NOTHING = new Uint8Array(0);
// Gaps, immutable properties, a mandatory one, and what tracks have.
const PROPERTY_TYPES = [0x02n, 0x04n, 0x0bn, 0x0en, 0x22n, 0x30n, 0x3cn, 0x3en, 0x4000n];

/** Tokens that were never registered end every session at once. */
function withoutTokens(parameters: object): object {
  const { authorizationTokens: _, ...rest } = parameters as { authorizationTokens?: unknown };
  return rest;
}
