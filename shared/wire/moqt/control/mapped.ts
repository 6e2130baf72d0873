import type { Codec, StructCodec } from "../../codec.ts";

type Fields = Readonly<Record<string, Codec<unknown>>>;
type Written<F extends Fields> = F extends unknown ? ReturnType<StructCodec<F>["decode"]> : never;

/** A layout whose fields are others than what the model says: those of the wire. */
export interface MappedCodec<F extends Fields, T> extends Codec<T> {
  readonly fields: F;
  readonly isMapped: true;
}

/** A layout of these fields for what the model says with other fields. */
export function mapped<F extends Fields, T>(
  layout: StructCodec<F>,
  read: (written: Written<F>) => T,
  write: (value: T) => Written<F>,
): MappedCodec<F, T> {
  return {
    fields: layout.fields,
    isMapped: true,
    encode: (writer, value) => layout.encode(writer, write(value)),
    decode: (reader) => read(layout.decode(reader) as Written<F>),
  };
}
