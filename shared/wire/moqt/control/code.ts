import type { Codec } from "../../codec.ts";
import type { Code, CodeTable } from "../model/codes.ts";

/** A code, of these names among others. */
export interface CodeCodec<N extends string> extends Codec<Code<N>> {
  readonly names: readonly N[];
}

/**
 * A code as its draft numbers it. A name that the draft has no number for is sent as an internal
 * error, and a number without a name is unknown.
 */
export function code<N extends string>(
  table: CodeTable<N>,
): CodeCodec<N> {
  const numbers = new Map(Object.entries<number | undefined>(table));
  const names = new Map(
    Object.entries<number | undefined>(table).map(([name, number]) => [BigInt(number!), name as N]),
  );
  return {
    names: [...numbers.keys()] as N[],
    encode: (writer, name) => writer.varint(BigInt(numbers.get(name) ?? table.internal_error)),
    decode: (reader) => names.get(reader.varint()) ?? "unknown",
  };
}
