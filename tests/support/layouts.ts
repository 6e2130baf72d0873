import type { Codec } from "../../shared/wire/codec.ts";
import type { ParametersCodec } from "../../shared/wire/moqt/control/parameters.ts";
import type { ControlKind, Draft, ParameterName } from "@qumo/shared/wire";

/** The fields of a layout, by their names. */
export type Fields = Readonly<Record<string, Codec<unknown>>>;

/** A message of a draft: its type on the wire, and its layout where that is plain fields. */
export interface MessageLayout {
  readonly kind: ControlKind;
  readonly type: bigint;
  readonly body: Codec<unknown>;
  readonly fields: Fields | undefined;
}

/** The messages of a draft. */
export function layoutsOf({ control }: Draft): readonly MessageLayout[] {
  return Object.entries(control.messages).map(([kind, { type, body }]) => ({
    kind: kind as ControlKind,
    type,
    body: body as Codec<unknown>,
    fields: "fields" in body ? body.fields as Fields : undefined,
  }));
}

/** A field that is a choice of parameters. */
export function parametersIn(
  fields: Fields | undefined,
): ParametersCodec<ParameterName> | undefined {
  const field = fields?.parameters;
  return field !== undefined && "names" in field
    ? field as unknown as ParametersCodec<ParameterName>
    : undefined;
}
