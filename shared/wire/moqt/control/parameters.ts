import type { ByteReader, ByteWriter } from "../../bytes.ts";
import { type Codec, u8 } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { MAX_PARAMETERS } from "../../limits.ts";
import { location } from "../../location.ts";
import type { Oddity } from "../../oddity.ts";
import { decodePairValue, type PairsForm } from "../../pairs.ts";
import type {
  ParameterName,
  Parameters,
  ParameterValues,
  RangeFilterName,
} from "../model/parameters.ts";
import { groupOrder } from "./group_order.ts";
import { flag, framed, inVarint } from "./values.ts";

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

/**
 * Values in the form of clients that write parameters as key-value pairs: an even type has an integer,
 * an odd one has a length and bytes.
 */
const PAIR_FORMS: ReadonlyMap<ParameterName, Codec<unknown>> = new Map<
  ParameterName,
  Codec<unknown>
>([
  ["forward", inVarint(flag)],
  ["subscriberPriority", inVarint(u8)],
  ["groupOrder", inVarint(groupOrder)],
  ["largestObject", framed(location, "a location")],
]);

/** Parameters that are accepted in any message of such a client, because they request nothing. */
const HARMLESS: readonly ParameterName[] = ["groupOrder", "subscriberPriority", "largestObject"];

/** How a draft writes parameters, and what it makes of those that do not belong into a message. */
export interface ParametersForm {
  /** Whether a type is written as its distance from the one before, or as it is. */
  readonly types: PairsForm["types"];
  /** A parameter that the draft does not have. */
  readonly unknown: "refuse" | "ignore";
  /** One that it has, but not in this message. */
  readonly misplaced: "refuse" | "ignore";
}

/** Drafts from 17 on, whose values have forms of their own: nothing can be skipped. */
const STRICT: ParametersForm = { types: "delta", unknown: "refuse", misplaced: "refuse" };

/** The codec of a choice of parameters, which shows what it chooses from. */
export interface ParametersCodec<N extends ParameterName> extends Codec<Parameters<N>> {
  readonly names: readonly N[];
  readonly table: ParameterTable;
  readonly form: ParametersForm;
}

/** Makes the codec of a choice of parameters. */
export type ChooseParameters = <N extends ParameterName>(
  ...names: readonly N[]
) => ParametersCodec<N>;

/**
 * For the parameters of a draft: a count and that many parameters, of which only these names are
 * allowed. One that comes twice is malformed, and unless `form` says otherwise an unknown type and one
 * that is not allowed here. A reader that notes oddities takes values in the form of pairs, and leaves
 * out what is harmless.
 */
export function parametersOf(
  table: ParameterTable,
  form: ParametersForm = STRICT,
): ChooseParameters {
  const definitions = definitionsOf(table);
  const types = new Set(definitions.map(({ type }) => type));
  return <N extends ParameterName>(...names: readonly N[]): ParametersCodec<N> => {
    const allowed = definitions.filter(({ name }) => (names as readonly string[]).includes(name));
    const tolerated = definitions
      .filter((one) => allowed.includes(one) || HARMLESS.includes(one.name))
      .map((one) => ({ ...one, codec: PAIR_FORMS.get(one.name) ?? one.codec }));
    const isIgnored = (type: bigint) =>
      form[types.has(type) ? "misplaced" : "unknown"] === "ignore";
    const choice = { allowed, types: form.types, isIgnored };
    return {
      names,
      table,
      form,
      encode: (writer, value) => encodeParameters(writer, value, choice),
      decode(reader) {
        if (reader.oddities === undefined) {
          return decodeParameters(reader, choice) as Parameters<N>;
        }
        const found = decodeParameters(reader, { ...choice, allowed: tolerated });
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

/** The parameters of one message. */
interface Choice {
  readonly allowed: readonly Definition[];
  readonly types: PairsForm["types"];
  /** Whether a parameter that is not allowed is read as a key-value pair and left out. */
  readonly isIgnored: (type: bigint) => boolean;
}

function encodeParameters(
  writer: ByteWriter,
  value: Parameters,
  { allowed, types }: Choice,
): void {
  const rows = allowed.flatMap((definition) => valuesOf(definition, value));
  writer.count(rows.length);
  let previous = 0n;
  for (const { definition, value } of rows) {
    writer.varint(definition.type - previous);
    if (types === "delta") previous = definition.type;
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
  { allowed, types, isIgnored }: Choice,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  let type = 0n;
  for (let left = reader.count(MAX_PARAMETERS, "The number of parameters"); left > 0; left--) {
    const written = reader.varint();
    type = types === "delta" ? type + written : written;
    const definition = allowed.find((candidate) => candidate.type === type);
    if (definition === undefined) {
      if (isIgnored(type)) {
        decodePairValue(reader, type);
        continue;
      }
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
