import {
  ByteReader,
  ByteWriter,
  type ControlKind,
  type ControlMessage,
  type Draft,
  EncodeError,
  type FullTrackName,
  type ParameterName,
  type StreamDraft,
  type VarintFormat,
} from "@qumo/shared/wire";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import type { Codec } from "../../shared/wire/codec.ts";
import type { ParameterTable } from "../../shared/wire/moqt/control/parameters.ts";
import {
  ArbitraryValues,
  hops,
  namespace,
  ownNamespace,
  ownTrack,
  properties,
  record,
  text,
  track as anyTrack,
} from "./arbitrary_values.ts";
import {
  type AnyMessage,
  layoutsOf,
  type MessageLayout,
  parametersIn,
  unsaidIn,
} from "./layouts.ts";

type Arbitraries = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/**
 * Any of the messages that a draft has, by its names for them, with the fields and parameters of their
 * own layout.
 */
export function arbitraryMessages(
  draft: StreamDraft,
): ReadonlyMap<ControlKind, fc.Arbitrary<ControlMessage>>;
export function arbitraryMessages(draft: Draft): ReadonlyMap<string, fc.Arbitrary<AnyMessage>>;
export function arbitraryMessages(draft: Draft): ReadonlyMap<string, fc.Arbitrary<AnyMessage>> {
  const values = new ArbitraryValues(draft.varint);
  return new Map(layoutsOf(draft).map((layout) => [layout.name, anyOf(layout, draft, values)]));
}

function anyOf(
  layout: MessageLayout,
  draft: Draft,
  values: ArbitraryValues,
): fc.Arbitrary<AnyMessage> {
  const { kind, to, fields } = layout;
  const model: Arbitraries = {
    ...fieldValues(values, draft.family === "A" ? ownTrack : anyTrack),
    ...(draft.family === "A" && { namespace: ownNamespace, options: values.setupParameters }),
    ...ofKind(kind, draft, values),
  };
  const names = fields === undefined ? WITHOUT_FIELDS[kind] : Object.keys(fields);
  if (names === undefined) throw new Error(`Nothing says what fields ${kind} has`);
  const chosen = Object.fromEntries(names.map((name) => {
    const unsaid = fields && unsaidIn(fields[name]!);
    if (unsaid !== undefined) return [name, fc.constant(unsaid.readAs)];
    const value = name === "parameters" ? parametersOf(layout, values) : model[name];
    if (value === undefined) throw new Error(`Nothing says what ${name} of ${kind} may be`);
    return [name, value];
  }));
  const answered = to === undefined ? {} : { to: fc.constant(to) };
  const message = record({
    kind: fc.constant(kind),
    ...answered,
    ...chosen,
  }) as unknown as fc.Arbitrary<AnyMessage>;
  if (kind !== "requestError" || draft.requestCodes.redirect === undefined) return message;
  const redirect = { code: fc.constant("redirect"), redirect: model.redirect! };
  const elsewhere = record({ kind: fc.constant(kind), ...chosen, ...redirect });
  return fc.oneof(message, elsewhere as unknown as fc.Arbitrary<AnyMessage>);
}

/** Layouts that are not plain fields, by what the model has. */
const WITHOUT_FIELDS: { readonly [K in AnyMessage["kind"]]?: readonly string[] } = {
  requestError: ["code", "retryAfter", "reason"],
};

/** What fields may hold, which mean the same in every message and in every draft. */
function fieldValues(
  { integer, location, end, setupOptions }: ArbitraryValues,
  track: fc.Arbitrary<FullTrackName>,
): Arbitraries {
  return {
    options: setupOptions,
    uri: text,
    timeout: integer,
    requestId: integer,
    track,
    alias: integer,
    properties,
    streamCount: integer,
    reason: text,
    range: fc.oneof(
      record({ type: fc.constant("standalone"), track, start: location, end }),
      record({
        type: fc.constantFrom("relative_joining", "absolute_joining"),
        requestId: integer,
        start: integer,
      }),
    ),
    endOfTrack: fc.boolean(),
    end,
    namespace,
    prefix: namespace,
    suffix: namespace,
    retryAfter: integer,
    redirect: track.chain((name) => record({ uri: text }).map((uri) => ({ ...uri, ...name }))),
    hops,
    limit: integer,
    existing: integer,
    wants: fc.constantFrom("tracks", "namespaces", "both"),
    versions: fc.array(integer, { maxLength: 8 }),
    version: integer,
  };
}

/** What means something else in some messages. */
function ofKind(kind: AnyMessage["kind"], draft: Draft, { integer }: ArbitraryValues): Arbitraries {
  switch (kind) {
    case "goaway":
      return { requestId: fc.option(integer, { nil: undefined }) };
    case "publishDone":
      return { code: fc.constantFrom(...Object.keys(draft.doneCodes)) };
    case "requestError":
    case "publishNamespaceCancel": {
      const names = Object.keys(draft.requestCodes).filter((name) => name !== "redirect");
      return { code: fc.constantFrom(...names) };
    }
    case "fetch": {
      const { fields } = layoutsOf(draft).find((layout) => layout.kind === kind)!;
      if (!parametersIn(fields)?.names.includes("filter")) return {};
      return { range: record({ type: fc.constant("filtered"), track: anyTrack }) };
    }
    default:
      return {};
  }
}

/** Any choice of the parameters that a message may carry. */
function parametersOf(
  { kind, fields }: MessageLayout,
  values: ArbitraryValues,
): fc.Arbitrary<unknown> {
  const codec = parametersIn(fields);
  if (codec === undefined) throw new Error(`Nothing says what parameters ${kind} has`);
  const chosen = Object.fromEntries(
    codec.names.map((name: ParameterName) => [name, parameterOf(name, codec.table, values)]),
  );
  return fc.record(chosen, { requiredKeys: [], noNullPrototype: true });
}

/** What a parameter may hold that a draft has in this table: not every draft can say everything. */
export function parameterOf(
  name: ParameterName,
  table: ParameterTable,
  values: ArbitraryValues,
): fc.Arbitrary<unknown> {
  const any = values.parameters[name] as fc.Arbitrary<unknown>;
  if (!OF_THE_DRAFT.includes(name)) return any;
  const codec = table[name]!.codec as Codec<unknown>;
  return any.filter((value) => comesBack(codec, value, values.format));
}

/** Parameters whose values are not the same in all drafts. */
const OF_THE_DRAFT: readonly ParameterName[] = ["filter", "fill"];

function comesBack(codec: Codec<unknown>, value: unknown, format: VarintFormat): boolean {
  const writer = new ByteWriter(format);
  try {
    codec.encode(writer, value);
  } catch (error) {
    if (error instanceof EncodeError) return false;
    throw error;
  }
  return isDeepStrictEqual(codec.decode(new ByteReader(writer.finish(), format)), value);
}
