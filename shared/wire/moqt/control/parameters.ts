import { ByteReader, ByteWriter } from "../../bytes.ts";
import { type Codec, u8, type ValueOf, varint } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { MAX_MESSAGE_BYTES, MAX_PARAMETERS } from "../../limits.ts";
import { location } from "../../location.ts";
import { namespace } from "../../names.ts";
import { filter } from "./filter.ts";
import { groupOrder } from "./group_order.ts";
import {
  MESH_HOPS,
  MESH_SCOPE,
  MESH_SOURCE,
  MESH_TRACE,
  meshScope,
  meshSource,
  meshTrace,
  relayNames,
} from "../mesh.ts";
import type { Oddity } from "../../oddity.ts";
import { token } from "./token.ts";

const flag: Codec<boolean> = {
  encode: (writer, value) => writer.u8(value ? 1 : 0),
  decode(reader) {
    const value = reader.u8();
    if (value > 1) throw new DecodeError("malformed", `Flag ${value} is neither 0 nor 1`);
    return value === 1;
  },
};

/** A length and a value that fills it. */
function framed<T>(codec: Codec<T>, what: string): Codec<T> {
  return {
    encode(writer, value) {
      const inner = new ByteWriter(writer.format);
      codec.encode(inner, value);
      writer.count(inner.length);
      writer.bytes(inner.finish());
    },
    decode(reader) {
      const inner = reader.within(reader.count(MAX_MESSAGE_BYTES, `The length of ${what}`));
      const value = codec.decode(inner);
      inner.end(what);
      return value;
    },
  };
}

/**
 * The parameters of draft 18 (#message-params): their names here, their types on the wire and how
 * their values are written. In ascending order of type, which is the order of the wire.
 */
export const parameterTable = {
  /** Milliseconds; 0 is none. */
  objectDeliveryTimeout: { type: 0x02n, codec: varint },
  authorizationTokens: { type: 0x03n, codec: framed(token, "a token"), repeats: true },
  /** Milliseconds. */
  rendezvousTimeout: { type: 0x04n, codec: varint },
  /** Milliseconds; 0 is none. */
  subgroupDeliveryTimeout: { type: 0x06n, codec: varint },
  /** Milliseconds; 0 is never. */
  expires: { type: 0x08n, codec: varint },
  largestObject: { type: 0x09n, codec: location },
  /** Milliseconds. */
  fillTimeout: { type: 0x0an, codec: varint },
  forward: { type: 0x10n, codec: flag },
  subscriberPriority: { type: 0x20n, codec: u8 },
  filter: { type: 0x21n, codec: framed(filter, "a filter") },
  groupOrder: { type: 0x22n, codec: groupOrder },
  newGroupRequest: { type: 0x32n, codec: varint },
  namespacePrefix: { type: 0x34n, codec: namespace },
  /** Between our relays: the scope that the request is about; absent for the default one. */
  meshScope: { type: MESH_SCOPE, codec: meshScope },
  /** Between our relays: those that a request came by, or in an answer those that the track comes by. */
  meshHops: { type: MESH_HOPS, codec: relayNames },
  /** Between our relays: the trace that the request belongs to. */
  meshTrace: { type: MESH_TRACE, codec: meshTrace },
  /** Between our relays: whose objects a subscription brings. */
  meshSource: { type: MESH_SOURCE, codec: meshSource },
} as const;

type Table = typeof parameterTable;
/** The name of a parameter. */
export type ParameterName = keyof Table;
type ParameterValue<N extends ParameterName> = Table[N] extends { repeats: true }
  ? readonly ValueOf<Table[N]["codec"]>[]
  : ValueOf<Table[N]["codec"]>;
/** A choice of parameters, each of which may be absent. */
export type Parameters<N extends ParameterName = ParameterName> = {
  readonly [K in N]?: ParameterValue<K>;
};

interface Definition {
  readonly name: ParameterName;
  readonly type: bigint;
  readonly codec: Codec<unknown>;
  readonly repeats: boolean;
}

const definitions: readonly Definition[] = Object.entries(parameterTable).map(([name, row]) => ({
  name: name as ParameterName,
  type: row.type,
  codec: row.codec as Codec<unknown>,
  repeats: "repeats" in row,
}));

/** An integer where the draft has a single byte. */
function asVarint<T>(codec: Codec<T>): Codec<T> {
  return {
    encode: codec.encode,
    decode(reader) {
      const value = reader.varint();
      if (value > 0xffn) throw new DecodeError("malformed", `${value} does not fit into a byte`);
      return codec.decode(new ByteReader(Uint8Array.of(Number(value)), reader.format));
    },
  };
}

/**
 * Values in the form of clients that write parameters as key-value pairs: an even type has an integer,
 * an odd one has a length and bytes.
 */
const PAIR_FORMS: ReadonlyMap<ParameterName, Codec<unknown>> = new Map<
  ParameterName,
  Codec<unknown>
>([
  ["forward", asVarint(flag)],
  ["subscriberPriority", asVarint(u8)],
  ["groupOrder", asVarint(groupOrder)],
  ["largestObject", framed(location, "a location")],
]);

/** What may stand in any message of such a client: it says how things are, and asks for nothing. */
const HARMLESS: readonly ParameterName[] = ["groupOrder", "subscriberPriority", "largestObject"];

/**
 * A count and that many parameters, of which only these names are allowed. An unknown type, one that
 * is not allowed here and one that comes twice are malformed. A reader that notes oddities takes
 * values in the form of pairs, and leaves out what is harmless.
 */
export function parameters<N extends ParameterName>(...names: readonly N[]): Codec<Parameters<N>> {
  const allowed = definitions.filter(({ name }) => (names as readonly string[]).includes(name));
  const tolerated = definitions
    .filter((one) => allowed.includes(one) || HARMLESS.includes(one.name))
    .map((one) => ({ ...one, codec: PAIR_FORMS.get(one.name) ?? one.codec }));
  return {
    encode: (writer, value) => encodeParameters(writer, value, allowed),
    decode(reader) {
      if (reader.oddities === undefined) {
        return decodeParameters(reader, allowed) as Parameters<N>;
      }
      const found = decodeParameters(reader, tolerated);
      return withoutOddities(found, names, reader.oddities) as Parameters<N>;
    },
  };
}

/** The parameters that belong here; takes note of what is odd. */
function withoutOddities(
  found: Record<string, unknown>,
  allowed: readonly ParameterName[],
  oddities: Oddity[],
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(found)) {
    const parameter = name as ParameterName;
    if (!allowed.includes(parameter)) oddities.push({ kind: "misplaced", parameter });
    else {
      kept[name] = value;
      if (PAIR_FORMS.has(parameter)) oddities.push({ kind: "form", parameter });
    }
  }
  return kept;
}

function encodeParameters(
  writer: ByteWriter,
  value: Parameters,
  allowed: readonly Definition[],
): void {
  const rows = allowed.flatMap((definition) => valuesOf(definition, value));
  writer.count(rows.length);
  let previous = 0n;
  for (const { definition, value } of rows) {
    writer.varint(definition.type - previous);
    previous = definition.type;
    definition.codec.encode(writer, value);
  }
}

function valuesOf(definition: Definition, parameters: Parameters) {
  const value: unknown = parameters[definition.name];
  if (value === undefined) return [];
  const values = definition.repeats ? value as readonly unknown[] : [value];
  return values.map((value) => ({ definition, value }));
}

function decodeParameters(
  reader: ByteReader,
  allowed: readonly Definition[],
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  let type = 0n;
  for (let left = reader.count(MAX_PARAMETERS, "The number of parameters"); left > 0; left--) {
    type += reader.varint();
    const definition = allowed.find((candidate) => candidate.type === type);
    if (definition === undefined) {
      throw new DecodeError("malformed", `Parameter 0x${type.toString(16)} is not defined here`);
    }
    const value = definition.codec.decode(reader);
    if (definition.repeats) {
      const list = (found[definition.name] ??= []) as unknown[];
      list.push(value);
    } else if (definition.name in found) {
      throw new DecodeError("malformed", `Parameter 0x${type.toString(16)} comes twice`);
    } else {
      found[definition.name] = value;
    }
  }
  return found;
}
