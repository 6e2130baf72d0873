/** Values and messages as chance has them, by the very layouts that write and read them. */
import {
  ByteReader,
  ByteWriter,
  type ControlMessage,
  DecodeError,
  type Draft,
  type Layout,
  type LiteMessages,
  type LiteVersion,
  type ParameterName,
  type Parameters,
  type SetupOptions,
  type StreamDraft,
} from "@qumo/shared/wire";
import fc from "fast-check";
import { type Codec, rest, struct, text, varint } from "../../shared/wire/codec.ts";
import { ownNamespace } from "../../shared/wire/names.ts";
import type { ParameterTable } from "../../shared/wire/moqt/control/parameters.ts";
import { token } from "../../shared/wire/moqt/control/token.ts";
import { flag } from "../../shared/wire/moqt/control/values.ts";
import { prefixWithFields } from "../../shared/wire/moqt/control/prefix.ts";
import {
  type AnyMessage,
  controlOf,
  type Fields,
  layoutsOf,
  type MessageLayout,
  parametersIn,
} from "./layouts.ts";
import { Random } from "./random.ts";

const CHARACTERS = [..."aZ0 /\0é中😀"];

/** What values are made up by. */
type Tables = Pick<Draft, "varint" | "requestCodes">;

/**
 * Has no bytes, and makes up whatever it is asked for: a codec that decodes from it comes to any of its
 * values, or refuses what was made up.
 */
class InventiveReader extends ByteReader {
  readonly #random: Random;
  readonly #codes: readonly bigint[];
  #last = 0n;

  constructor(random: Random, { varint, requestCodes }: Tables) {
    super(new Uint8Array(0), varint);
    this.#random = random;
    const codes = Object.values(requestCodes).map(BigInt);
    // Every other error sends somewhere else, which is a layout of its own.
    this.#codes = codes.flatMap((code) => [code, BigInt(requestCodes.redirect ?? code)]);
  }

  override get remaining(): number {
    return this.#random.percent(70) ? 1 : 0;
  }

  override u8(): number {
    const random = this.#random;
    if (random.percent(3)) return 255;
    return random.below(random.percent(70) ? 3 : 256);
  }

  override varint(): bigint {
    return this.#last = this.#integer();
  }

  #integer(): bigint {
    const random = this.#random;
    if (random.percent(5)) return this.format.max;
    if (random.percent(20)) return this.#last;
    if (random.percent(30)) return BigInt(random.below(2));
    return random.percent(10) ? random.pick(this.#codes) : random.integer() & this.format.max;
  }

  override count(limit: number): number {
    const random = this.#random;
    if (random.percent(15) || limit === 0) return 0;
    return 1 + random.below(Math.min(limit, random.percent(90) ? 8 : 300));
  }

  /** Any bytes, small ones, or text. */
  override bytes(length: number): Uint8Array {
    const random = this.#random;
    // What is no text grows when it is read as one.
    const kind = length > 80 ? 2 : random.below(3);
    if (kind < 2) return Uint8Array.from({ length }, () => random.below(kind === 0 ? 256 : 4));
    const text = Array.from({ length }, () => random.pick(CHARACTERS)).join("");
    const bytes = new Uint8Array(length).fill(0x78);
    new TextEncoder().encodeInto(text, bytes);
    return bytes;
  }

  override rest(): Uint8Array {
    return this.bytes(this.#random.below(30));
  }

  override within(): ByteReader {
    return this;
  }

  override end(): void {}
}

const MOST_ATTEMPTS = 10_000;

/** What comes of making things up, until that is not refused. */
function accepted<T>(attempt: () => T): T {
  for (let attempts = 1;; attempts++) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof DecodeError) || attempts === MOST_ATTEMPTS) throw error;
    }
  }
}

/** Any value of a codec. */
function madeUp<T>(codec: Codec<T>, tables: Tables, random: Random): T {
  const reader = new InventiveReader(random, tables);
  return accepted(() => codec.decode(reader));
}

/** What a FILL may say. */
const OF_FILL: readonly ParameterName[] = [
  "fillTimeout",
  "subscriberPriority",
  "filter",
  "groupOrder",
  "objectIdFilters",
];

const phrase = text(250, "an option");
/** What stands in key-value pairs, whose numbers chance alone does not find. */
const OPTIONS: { readonly [N in keyof SetupOptions]: Codec<unknown> } = {
  path: phrase,
  authority: phrase,
  maxAuthTokenCacheSize: varint,
  implementation: phrase,
  maxRequestUpdates: varint,
  maxFilterRanges: varint,
  relayHops: varint,
  relayCost: varint,
  solicit: flag,
  relayName: phrase,
  takesCuts: flag,
};

/** Makes up what a draft can say. */
export class Inventor {
  readonly #draft: Draft;
  readonly #random: Random;

  constructor(draft: Draft, random: Random) {
    this.#draft = draft;
    this.#random = random;
  }

  /** Any message of this layout. */
  message(layout: MessageLayout): AnyMessage {
    const { kind, to, type, fields, isMapped } = layout;
    if (!isMapped) {
      const said = fields === undefined ? this.#body(layout) : this.fields(fields);
      return { kind, ...(to !== undefined && { to }), ...said } as unknown as AnyMessage;
    }
    return accepted(() => {
      const writer = new ByteWriter(this.#draft.varint);
      struct(fields!).encode(writer, this.fields(fields!));
      return controlOf(this.#draft).decode(type, writer.finish());
    });
  }

  /** Any fields of a layout, as they are written. */
  fields(fields: Fields): Record<string, unknown> {
    const rows = Object.entries(fields);
    return Object.fromEntries(rows.map(([name, codec]) => [name, this.#field(name, codec)]));
  }

  /** Any value of a parameter that the draft has in this table. */
  parameter(name: ParameterName, table: ParameterTable): unknown {
    if (name === "fill") return this.#parameters(OF_FILL, table);
    const { codec, repeats } = table[name]!;
    const one = () => this.#value<unknown>(codec);
    return repeats ? Array.from({ length: 1 + this.#random.below(4) }, one) : one();
  }

  #value<T>(codec: Codec<T>): T {
    return madeUp(codec, this.#draft, this.#random);
  }

  /** Any choice of parameters. */
  #parameters(names: readonly ParameterName[], table: ParameterTable): object {
    const chosen = names.filter(() => this.#random.percent(50));
    return Object.fromEntries(chosen.map((name) => [name, this.parameter(name, table)]));
  }

  #field(name: string, codec: Codec<unknown>): unknown {
    const choice = parametersIn({ parameters: codec });
    if (choice !== undefined) return this.#parameters(choice.names, choice.table);
    if ("names" in codec) return this.#random.pick(codec.names as readonly string[]);
    // No draft says that there are no fields, and some understand it.
    if (codec === prefixWithFields as Codec<unknown>) return this.#value(ownNamespace);
    if (name === "options") return this.#options();
    return codec === rest as Codec<unknown> ? this.#properties() : this.#value(codec);
  }

  #options(): SetupOptions {
    const all = { ...OPTIONS, ...(this.#draft.family === "A" && { maxRequestId: varint }) };
    const chosen = Object.entries(all).filter(() => this.#random.percent(50));
    const tokens = { length: this.#random.below(5) };
    return {
      ...Object.fromEntries(chosen.map(([name, codec]) => [name, this.#value(codec)])),
      authorizationTokens: Array.from(tokens, () => this.#value(token)),
    };
  }

  /** Properties of a track, whose types carry no meaning. */
  #properties(): Uint8Array {
    const random = this.#random;
    const pair = (_: unknown, at: number) => [at > 0 ? 2 : 0x40, random.below(0x40)];
    return Uint8Array.from(Array.from({ length: random.below(9) }, pair).flat());
  }

  /** Of a layout that is not plain fields. */
  #body({ kind, body }: MessageLayout): object {
    if (kind === "unsubscribePrefix") return { namespace: this.#value(ownNamespace) };
    if (kind === "namespace") {
      const { fields } = layoutsOf(this.#draft).find(({ name }) => name === "publishNamespace")!;
      const { namespace: suffix, parameters } = this.fields(fields!);
      const { authorizationTokens: _, ...route } = parameters as Parameters;
      return route.hopPath === undefined ? { suffix } : { suffix, route };
    }
    return accepted(() => {
      const said = this.#value(body) as object;
      if ("code" in said && said.code === "unknown") throw new DecodeError("malformed", "No code");
      return said;
    });
  }
}

/** Any message of moq-lite that a version has under this name. */
export function madeUpLite<N extends keyof LiteMessages>(
  { messages, varint, refusalCodes }: LiteVersion,
  name: N,
  random: Random,
): LiteMessage<N> {
  const bodies = [...messages[name]!.bodies.values()] as Codec<LiteMessage<N>>[];
  return madeUp(random.pick(bodies), { varint, requestCodes: refusalCodes }, random);
}

type LiteMessage<N extends keyof LiteMessages> = LiteMessages[N] extends Layout<infer T> | undefined
  ? T
  : never;

const seeds = fc.noBias(fc.noShrink(fc.nat()));

/** Whatever `make` makes of chance. */
export function arbitrary<T>(make: (random: Random) => T): fc.Arbitrary<T> {
  return seeds.map((seed) => make(new Random(seed)));
}

/** Any of the messages that a draft has, by its names for them. */
export function arbitraryMessages<D extends Draft>(draft: D) {
  type Message = D extends StreamDraft ? ControlMessage : AnyMessage;
  return new Map(
    layoutsOf(draft as Draft).map((layout) => [
      layout.name,
      arbitrary((random) => new Inventor(draft, random).message(layout) as Message),
    ]),
  );
}

/** Integers of every length on the wire up to `max`, which is one less than a power of 2. */
export function integerUpTo(max: bigint): fc.Arbitrary<bigint> {
  return arbitrary((random) => random.integer() & max);
}
