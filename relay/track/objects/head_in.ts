import { DecodeError, EncodeError, type PropertyForm } from "@qumo/shared/wire";
import type { ObjectHead } from "./renderer.ts";

/**
 * An object with its properties, which are in encoding `form`, in that of a dialect; undefined when they
 * cannot be expressed in it.
 */
export function headIn(
  dialect: PropertyForm,
  object: ObjectHead,
  form: PropertyForm,
): ObjectHead | undefined {
  if (dialect === form) return object;
  try {
    return { ...object, properties: dialect.of({ bytes: object.properties, form }) };
  } catch (error) {
    if (error instanceof EncodeError || error instanceof DecodeError) return undefined;
    throw error;
  }
}
