import { ByteReader, type ByteWriter } from "../../bytes.ts";
import { type Codec, u8 } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { MAX_PARAMETERS } from "../../limits.ts";
import { location } from "../../location.ts";
import type { Oddity } from "../../oddity.ts";
import type {
  ParameterName,
  Parameters,
  ParameterValues,
  RangeFilterName,
} from "../model/parameters.ts";
import { groupOrder } from "./group_order.ts";
import { flag, framed } from "./values.ts";

/** One value of a parameter, which may come several times. */
type Item<N extends ParameterName> = N extends "authorizationTokens" | RangeFilterName
  ? ParameterValues[N][number]
  : ParameterValues[N];

/**
 * The parameters of a draft, in ascending order of type, which is the order of the wire: their types
 * and how their values are written.
 */
export type ParameterTable = {
  readonly [N in ParameterName]?: {
    readonly type: bigint;
    readonly codec: Codec<Item<N>>;
    readonly repeats?: true;
  };
};

interface Definition {
  readonly name: ParameterName;
  readonly type: bigint;
  readonly codec: Codec<unknown>;
  readonly repeats: boolean;
}

function definitionsOf(table: ParameterTable): readonly Definition[] {
  return Object.entries(table).map(([name, { type, codec, repeats = false }]) => ({
    name: name as ParameterName,
    type,
    codec: codec as Codec<unknown>,
    repeats,
  }));
}

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

/** Parameters that are accepted in any message of such a client, because they request nothing. */
const HARMLESS: readonly ParameterName[] = ["groupOrder", "subscriberPriority", "largestObject"];

/** The codec of a choice of parameters, which shows what it chooses from. */
export interface ParametersCodec<N extends ParameterName> extends Codec<Parameters<N>> {
  readonly names: readonly N[];
  readonly table: ParameterTable;
}

/** Makes the codec of a choice of parameters. */
export type ChooseParameters = <N extends ParameterName>(
  ...names: readonly N[]
) => ParametersCodec<N>;

/**
 * For the parameters of a draft: a count and that many parameters, of which only these names are
 * allowed. An unknown type, one that is not allowed here and one that comes twice are malformed. A
 * reader that notes oddities takes values in the form of pairs, and leaves out what is harmless.
 */
export function parametersOf(table: ParameterTable): ChooseParameters {
  const definitions = definitionsOf(table);
  return <N extends ParameterName>(...names: readonly N[]): ParametersCodec<N> => {
    const allowed = definitions.filter(({ name }) => (names as readonly string[]).includes(name));
    const tolerated = definitions
      .filter((one) => allowed.includes(one) || HARMLESS.includes(one.name))
      .map((one) => ({ ...one, codec: PAIR_FORMS.get(one.name) ?? one.codec }));
    return {
      names,
      table,
      encode: (writer, value) => encodeParameters(writer, value, allowed),
      decode(reader) {
        if (reader.oddities === undefined) {
          return decodeParameters(reader, allowed) as Parameters<N>;
        }
        const found = decodeParameters(reader, tolerated);
        return withoutOddities(found, names, reader.oddities) as Parameters<N>;
      },
    };
  };
}

/** The parameters that are allowed here; notes the others as oddities. */
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
