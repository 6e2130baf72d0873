import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError } from "../../errors.ts";
import { type Pair, pairs } from "../../pairs.ts";
import type { PropertyBlock, PropertyForm } from "../../properties.ts";
import type { VarintFormat } from "../../varint.ts";
import { validateObjectProperties } from "./object_properties.ts";
import { Property } from "./property.ts";

/**
 * Key-value pairs whose types are counted from the one before (#moq-key-value-pair), in integers of
 * this format.
 */
export function deltaPairs(format: VarintFormat): PropertyForm {
  const form: PropertyForm = {
    name: format.name,
    read: (bytes) => pairs.decode(new ByteReader(bytes, format)),
    of: (block) => block.form === form || block.bytes.length === 0 ? block.bytes : translate(block),
    gapsOf: (bytes) => validateObjectProperties(bytes, format),
  };
  const write = (list: readonly Pair[]) => {
    const writer = new ByteWriter(format);
    pairs.encode(writer, list);
    return writer.finish();
  };
  const translate = ({ bytes, form }: PropertyBlock) =>
    write(form.read(bytes).map((pair) => translateInner(pair, form)));
  /** Immutable properties are pairs themselves; what is none is passed on as it is. */
  const translateInner = (pair: Pair, from: PropertyForm): Pair => {
    const { type, value } = pair;
    if (type !== Property.IMMUTABLE_PROPERTIES || typeof value === "bigint") return pair;
    try {
      return { type, value: write(from.read(value)) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return pair;
    }
  };
  return form;
}
