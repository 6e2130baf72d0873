import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError } from "../../errors.ts";
import { type Pair, pairs, pairsOf } from "../../pairs.ts";
import type { PropertyBlock, PropertyForm } from "../../properties.ts";
import type { VarintFormat } from "../../varint.ts";
import { validateObjectProperties } from "./object_properties.ts";
import { isMandatory, Property } from "./property.ts";

/**
 * Key-value pairs whose types are counted from the one before (#moq-key-value-pair), in integers of
 * this format.
 */
export function deltaPairs(format: VarintFormat): PropertyForm {
  return formOf({ name: format.name, format, areTypesAbsolute: false, hasMandatory: true });
}

/** The same, without mandatory properties, which came with draft 18. */
export function plainDeltaPairs(format: VarintFormat): PropertyForm {
  const name = `${format.name}, none mandatory`;
  return formOf({ name, format, areTypesAbsolute: false, hasMandatory: false });
}

/** Key-value pairs whose types stand as they are, in integers of this format: drafts 14 and 15. */
export function absolutePairs(format: VarintFormat): PropertyForm {
  const name = `${format.name}, absolute`;
  return formOf({ name, format, areTypesAbsolute: true, hasMandatory: false });
}

interface FormParts {
  readonly name: string;
  readonly format: VarintFormat;
  readonly areTypesAbsolute: boolean;
  readonly hasMandatory: boolean;
}

function formOf(parts: FormParts): PropertyForm {
  const { name, format, areTypesAbsolute, hasMandatory } = parts;
  const layout = { varint: format, areTypesAbsolute, hasMandatory };
  const codec = areTypesAbsolute ? pairsOf({ types: "absolute", isCounted: false }) : pairs;
  const form: PropertyForm = {
    name,
    hasMandatory,
    read: (bytes) => codec.decode(new ByteReader(bytes, format)),
    of: (block) => block.form === form || block.bytes.length === 0 ? block.bytes : translate(block),
    gapsOf: (bytes) => validateObjectProperties(bytes, layout),
  };
  const write = (list: readonly Pair[]) => {
    const writer = new ByteWriter(format);
    codec.encode(writer, list);
    return writer.finish();
  };
  /** What means nothing there would be taken for mandatory here: it is left out. */
  const isSaid = ({ type }: Pair, from: PropertyForm) =>
    !hasMandatory || from.hasMandatory || !isMandatory(type);
  const translate = ({ bytes, form }: PropertyBlock) =>
    write(
      inOrder(form.read(bytes)).filter((pair) => isSaid(pair, form))
        .map((pair) => translateInner(pair, form)),
    );
  /** Immutable properties are pairs themselves; what is none is passed on as it is. */
  const translateInner = (pair: Pair, from: PropertyForm): Pair => {
    const { type, value } = pair;
    if (type !== Property.IMMUTABLE_PROPERTIES || typeof value === "bigint") return pair;
    try {
      return { type, value: write(inOrder(from.read(value)).filter((pair) => isSaid(pair, from))) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return pair;
    }
  };
  return form;
}

/** In ascending order of type; where types are absolute they come in any. */
function inOrder(list: readonly Pair[]): readonly Pair[] {
  return list.toSorted((a, b) => a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}
