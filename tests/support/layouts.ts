import type { Codec } from "../../shared/wire/codec.ts";
import type { ParametersCodec } from "../../shared/wire/moqt/control/parameters.ts";
import type {
  AnsweredKind,
  ControlMessage,
  Draft,
  MultiplexedMessage,
  ParameterName,
} from "@qumo/shared/wire";

/** A message of a draft of either family. */
export type AnyMessage = ControlMessage | MultiplexedMessage;

/** The fields of a layout, by their names. */
export type Fields = Readonly<Record<string, Codec<unknown>>>;

/** A message of a draft: its type on the wire, and its layout where that is plain fields. */
export interface MessageLayout {
  /** What the draft calls it, which for some is another name than the model's. */
  readonly name: string;
  readonly kind: AnyMessage["kind"];
  /** What it answers, where its type tells that. */
  readonly to: AnsweredKind | undefined;
  readonly type: bigint;
  readonly body: Codec<unknown>;
  readonly fields: Fields | undefined;
  /** Whether the model says what is in the fields with others. */
  readonly isMapped: boolean;
}

/** The messages of a draft. */
export function layoutsOf({ control }: Draft): readonly MessageLayout[] {
  return Object.entries(control.messages).map(([name, row]) => ({
    name,
    kind: ("kind" in row ? row.kind : name) as AnyMessage["kind"],
    to: "to" in row ? row.to : undefined,
    type: row.type,
    body: row.body as Codec<unknown>,
    fields: "fields" in row.body ? row.body.fields as Fields : undefined,
    isMapped: "isMapped" in row.body,
  }));
}

/** The codec of a draft, for tests that go over the messages of drafts of either family. */
export interface AnyControlCodec {
  encode(message: AnyMessage): Uint8Array<ArrayBuffer>;
  decode(type: bigint, body: Uint8Array): AnyMessage;
}

/** The codec of a draft of either family. */
export function controlOf({ control }: Draft): AnyControlCodec {
  return control as AnyControlCodec;
}

/** The body of a frame, after its type and its length. */
export function bodyOf(frame: Uint8Array, { control, varint }: Draft): Uint8Array<ArrayBuffer> {
  const length = varint.lengthFrom(frame[0]!);
  return frame.slice(length + control.length.sizeFrom(frame[length]!));
}

/** A field that is a choice of parameters. */
export function parametersIn(
  fields: Fields | undefined,
): ParametersCodec<ParameterName> | undefined {
  const field = fields?.parameters;
  return field !== undefined && "table" in field
    ? field as unknown as ParametersCodec<ParameterName>
    : undefined;
}
