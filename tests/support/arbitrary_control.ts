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
import { type Codec, struct } from "../../shared/wire/codec.ts";
import type { ParameterTable } from "../../shared/wire/moqt/control/parameters.ts";
import {
  ArbitraryValues,
  hops,
  integerUpTo,
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
  codesIn,
  controlOf,
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
  const { kind, to, isMapped } = layout;
  if (isMapped) return mappedMessage(layout, draft, values);
  const chosen = arbitraryFields(layout, draft, values);
  const answered = to === undefined ? {} : { to: fc.constant(to) };
  const message = record({
    kind: fc.constant(kind),
    ...answered,
    ...chosen,
  }) as unknown as fc.Arbitrary<AnyMessage>;
  if (kind === "namespace" && layout.fields === undefined) {
    const { hopPath, routeCost } = values.parameters;
    const route = fc.oneof(record({ hopPath }), record({ hopPath, routeCost }));
    const routed = record({ kind: fc.constant(kind), ...chosen, route });
    return fc.oneof(message, routed as unknown as fc.Arbitrary<AnyMessage>);
  }
  if (kind !== "requestError" || draft.requestCodes.redirect === undefined) return message;
  const redirect = {
    code: fc.constant("redirect"),
    redirect: anyTrack.chain((name) => record({ uri: text }).map((uri) => ({ ...uri, ...name }))),
  };
  const elsewhere = record({ kind: fc.constant(kind), ...chosen, ...redirect });
  return fc.oneof(message, elsewhere as unknown as fc.Arbitrary<AnyMessage>);
}

/** What the model makes of any fields. */
function mappedMessage(
  layout: MessageLayout,
  draft: Draft,
  values: ArbitraryValues,
): fc.Arbitrary<AnyMessage> {
  const { type, fields } = layout;
  const written = record(arbitraryFields(layout, draft, values));
  return written.map((value) => {
    const writer = new ByteWriter(draft.varint);
    struct(fields!).encode(writer, value);
    return controlOf(draft).decode(type, writer.finish());
  });
}

/** Any fields of a layout, as they are written. */
export function arbitraryFields(
  layout: MessageLayout,
  draft: Draft,
  values = new ArbitraryValues(draft.varint),
): Arbitraries {
  const { kind, fields } = layout;
  const model: Arbitraries = {
    ...fieldValues(values, draft.family === "A" ? ownTrack : anyTrack),
    ...(draft.family === "A" && { namespace: ownNamespace, options: values.setupParameters }),
    ...(draft.family === "A" && draft.requests.prefixes === "control" && { prefix: ownNamespace }),
    ...ofKind(kind, draft, values),
  };
  const names = fields === undefined ? WITHOUT_FIELDS[kind] : Object.keys(fields);
  if (names === undefined) throw new Error(`Nothing says what fields ${kind} has`);
  return Object.fromEntries(names.map((name) => {
    const names = codesIn(fields?.[name]);
    if (names !== undefined) return [name, fc.constantFrom(...names)];
    const unsaid = fields && unsaidIn(fields[name]!);
    if (unsaid !== undefined) return [name, fc.constant(unsaid.readAs)];
    const value = name === "parameters" ? parametersOf(layout, values) : model[name];
    if (value === undefined) throw new Error(`Nothing says what ${name} of ${kind} may be`);
    return [name, value];
  }));
}

/** Layouts that are not plain fields, by what the model has. */
const WITHOUT_FIELDS: { readonly [K in AnyMessage["kind"]]?: readonly string[] } = {
  unsubscribePrefix: ["namespace"],
  requestError: ["code", "retryAfter", "reason"],
  namespace: ["suffix"],
};

/** What fields may hold, which mean the same in every message and in every draft. */
function fieldValues(
  values: ArbitraryValues,
  track: fc.Arbitrary<FullTrackName>,
): Arbitraries {
  const { integer, location, end, setupOptions } = values;
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
    ...fieldsOfTracks(values),
  };
}

/** What draft 14 has in fields that later ones have among the parameters. */
function fieldsOfTracks({ integer, location, parameters }: ArbitraryValues): Arbitraries {
  const end = fc.option(integerUpTo(2n ** 62n - 2n), { nil: undefined });
  return {
    expires: integer,
    largestObject: fc.option(location, { nil: undefined }),
    subscriberPriority: parameters.subscriberPriority,
    forward: parameters.forward,
    groupOrder: parameters.groupOrder,
    order: parameters.groupOrder,
    filter: parameters.filter.filter(({ type }) => type === "absolute_start"),
    // From the first group on, so that no end is before it.
    start: location.map(({ object }) => ({ group: 0n, object })),
    endGroup: end,
  };
}

/** What means something else in some messages. */
function ofKind(kind: AnyMessage["kind"], draft: Draft, { integer }: ArbitraryValues): Arbitraries {
  switch (kind) {
    case "goaway":
      return { requestId: fc.option(integer, { nil: undefined }) };
    case "requestError": {
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
