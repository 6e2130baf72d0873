/** The rules that every layout keeps in which they apply: derived from the tables of each draft. */
import {
  ByteReader,
  ByteWriter,
  DecodeError,
  type Draft,
  type FullTrackName,
  type Namespace,
  NO_PROPERTIES,
  type ParameterName,
} from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { type Codec, struct } from "../../shared/wire/codec.ts";
import { parametersOf } from "../../shared/wire/moqt/control/parameters.ts";
import { reason } from "../../shared/wire/moqt/control/phrases.ts";
import { fullTrackName, namespace, ownNamespace, ownTrackName } from "../../shared/wire/names.ts";
import {
  type AnyMessage,
  controlOf,
  type Fields,
  layoutsOf,
  type MessageLayout,
  parametersIn,
} from "../support/layouts.ts";
import { arbitraryMessages, Inventor } from "../support/made_up.ts";
import { SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";
import { wireDrafts } from "../support/test_draft.ts";

/** Namespaces and names that are written whatever they are. */
const anyNamespace: Codec<Namespace> = {
  encode(writer, fields) {
    writer.count(fields.length);
    for (const field of fields) anyBytes.encode(writer, field);
  },
  decode: namespace.decode,
};
const anyBytes: Codec<Uint8Array> = {
  encode(writer, value) {
    writer.count(value.length);
    writer.bytes(value);
  },
  decode: (reader) => reader.rest(),
};
const anyTrack: Codec<FullTrackName> = {
  encode(writer, value) {
    anyNamespace.encode(writer, value.namespace);
    anyBytes.encode(writer, value.name);
  },
  decode: fullTrackName.decode,
};

const letters = (count: number) => new Uint8Array(count).fill(0x61);
const fieldsOf = (...lengths: readonly number[]): Namespace => lengths.map(letters);
const fields = (count: number): Namespace => Array.from({ length: count }, () => letters(1));

/** Names at the limits of draft-ietf-moq-transport (#track-name), and beyond them. */
const NAMESPACES = {
  accepted: [fields(1), fields(32), fieldsOf(4096), fieldsOf(1, 4095)],
  refused: [fields(33), fieldsOf(0), fieldsOf(1, 0), fieldsOf(4097), fieldsOf(1, 4096)],
};
const TRACKS = {
  accepted: [[fieldsOf(1), 4095], [fields(32), 0]] as const,
  refused: [[fieldsOf(1), 4096], [fields(33), 0], [fieldsOf(0), 1]] as const,
};

/** One message of a layout, to be changed in one field. */
class Sample {
  readonly #draft: Draft;
  readonly #layout: MessageLayout & { readonly fields: Fields };
  readonly #message: Record<string, unknown>;

  constructor(draft: Draft, layout: MessageLayout & { readonly fields: Fields }) {
    this.#draft = draft;
    this.#layout = layout;
    const message = new Inventor(draft, new Random(SEED)).fields(layout.fields);
    const plain = { parameters: {}, properties: NO_PROPERTIES };
    this.#message = { ...message, ...Object.fromEntries(own(plain, layout.fields)) };
  }

  /** The message with this value in a field, written by `codec`. */
  read(name: string, value: unknown, codec: Codec<unknown>): AnyMessage {
    const writer = new ByteWriter(this.#draft.varint);
    struct({ ...this.#layout.fields, [name]: codec })
      .encode(writer, { ...this.#message, [name]: value });
    return controlOf(this.#draft).decode(this.#layout.type, writer.finish());
  }

  accepts(name: string, value: unknown, codec: unknown): void {
    const message = this.read(name, value, codec as Codec<unknown>);
    assert.deepEqual((message as unknown as Record<string, unknown>)[name], value);
  }

  refuses(name: string, value: unknown, codec: unknown): void {
    assert.throws(() => this.read(name, value, codec as Codec<unknown>), DecodeError);
  }
}

function own(values: Record<string, unknown>, fields: Fields) {
  return Object.entries(values).filter(([name]) => name in fields);
}

for (const draft of wireDrafts) {
  for (const layout of layoutsOf(draft)) {
    if (layout.fields !== undefined) testFields(draft, { ...layout, fields: layout.fields });
  }
}

function testFields(draft: Draft, layout: MessageLayout & { readonly fields: Fields }): void {
  const kind = layout.name;
  const by = draft.protocol;
  for (const [name, codec] of Object.entries(layout.fields)) {
    const isNamespace = isOneOf(codec, [namespace, ownNamespace]);
    const isTrack = isOneOf(codec, [fullTrackName, ownTrackName]);
    if (isNamespace || isTrack) {
      const mayBeEmpty = isOneOf(codec, [namespace, fullTrackName]);
      Deno.test(`R-031: ${by}: the namespace in the ${name} of ${kind} ${mayBeEmpty ? "may be" : "is not"} empty`, () => {
        const sample = new Sample(draft, layout);
        const [value, form] = isNamespace
          ? [[], anyNamespace]
          : [{ namespace: [], name: letters(1) }, anyTrack];
        sample[mayBeEmpty ? "accepts" : "refuses"](name, value, form);
      });
    }
    if (isNamespace) {
      Deno.test(`R-031: ${by}: the ${name} of ${kind} has at most 32 fields, none empty, and 4096 bytes`, () => {
        const sample = new Sample(draft, layout);
        for (const value of NAMESPACES.accepted) sample.accepts(name, value, anyNamespace);
        for (const value of NAMESPACES.refused) sample.refuses(name, value, anyNamespace);
      });
    }
    if (isTrack) {
      Deno.test(`R-031: ${by}: the ${name} of ${kind} has at most 4096 bytes in all`, () => {
        const sample = new Sample(draft, layout);
        const trackOf = ([namespace, length]: readonly [Namespace, number]) => ({
          namespace,
          name: letters(length),
        });
        for (const value of TRACKS.accepted) sample.accepts(name, trackOf(value), anyTrack);
        for (const value of TRACKS.refused) sample.refuses(name, trackOf(value), anyTrack);
      });
    }
    if (codec === reason as Codec<unknown>) {
      Deno.test(`R-030: ${by}: the ${name} of ${kind} has at most 1024 bytes`, () => {
        const sample = new Sample(draft, layout);
        sample.accepts(name, "a".repeat(1_024), asText);
        sample.refuses(name, "a".repeat(1_025), asText);
      });
    }
  }
  if (parametersIn(layout.fields) !== undefined) testParameters(draft, layout);
}

function isOneOf(codec: Codec<unknown>, ones: readonly unknown[]): boolean {
  return ones.includes(codec);
}

const asText: Codec<string> = {
  encode: (writer, value) => anyBytes.encode(writer, new TextEncoder().encode(value)),
  decode: reason.decode,
};

function testParameters(draft: Draft, layout: MessageLayout & { readonly fields: Fields }): void {
  const { names, table, form } = parametersIn(layout.fields)!;
  const others = form.misplaced === "refuse" ? "no other" : "leaves others out";
  Deno.test(`R-026: ${draft.protocol}: ${layout.name} takes the parameters it is defined for, each once, and ${others}`, () => {
    const codec = parametersIn(layout.fields)!;
    const read = (value: object, by: Codec<unknown>) => {
      const writer = new ByteWriter(draft.varint);
      by.encode(writer, value);
      const reader = new ByteReader(writer.finish(), draft.varint);
      const found = codec.decode(reader);
      reader.end("the parameters");
      return found;
    };
    for (const name of Object.keys(table) as ParameterName[]) {
      const value = new Inventor(draft, new Random(SEED)).parameter(name, table);
      const one = parametersOf(table, form)(name);
      if (names.includes(name)) {
        assert.deepEqual(read({ [name]: value }, one), { [name]: value });
        if (table[name]!.repeats) continue;
        assert.throws(() => read({ [name]: value }, twice(one, form.types)), DecodeError);
      } else if (form.misplaced === "ignore") {
        assert.deepEqual(read({ [name]: value }, one), {});
      } else {
        assert.throws(() => read({ [name]: value }, one), DecodeError);
      }
    }
  });
}

/** Writes a parameter a second time. */
function twice(codec: Codec<unknown>, types: "delta" | "absolute"): Codec<unknown> {
  return {
    encode(writer, value) {
      const once = new ByteWriter(writer.format);
      codec.encode(once, value);
      const bytes = once.finish();
      const type = writer.format.lengthFrom(bytes[1]!);
      writer.count(2);
      writer.bytes(bytes.subarray(1));
      // Where types are counted from the one before, the second is 0.
      if (types === "delta") writer.count(0);
      else writer.bytes(bytes.subarray(1, 1 + type));
      writer.bytes(bytes.subarray(1 + type));
    },
    decode: codec.decode,
  };
}

for (const draft of wireDrafts) {
  Deno.test(`${draft.protocol}: the parameters of answers and updates are parts of what their messages take`, () => {
    const taken = (kind: string): readonly string[] =>
      layoutsOf(draft).filter((layout) => layout.kind === kind).flatMap((layout) =>
        parametersTaken(draft, layout)
      );
    for (const [rules, kind] of [["ok", "requestOk"], ["update", "requestUpdate"]] as const) {
      for (const names of Object.values<readonly ParameterName[]>(draft.parameters[rules])) {
        for (const name of names) assert.ok(taken(kind).includes(name), `${name} in ${kind}`);
      }
    }
  });

  Deno.test(`${draft.protocol}: no two messages have one type, and no two names of a peer's code one number`, () => {
    const rows: readonly { readonly type: bigint; readonly alias?: bigint }[] = Object.values(
      draft.control.messages,
    );
    assertUnique(rows.flatMap(({ type, alias }) => alias === undefined ? [type] : [type, alias]));
    for (const codes of [draft.requestCodes, draft.doneCodes]) assertUnique(Object.values(codes));
  });

  Deno.test(`${draft.protocol}: parameters stand in the order of their types`, () => {
    for (const { fields } of layoutsOf(draft)) {
      const types = Object.values(parametersIn(fields)?.table ?? {}).map(({ type }) => type);
      assert.deepEqual(types, types.toSorted((a, b) => a < b ? -1 : 1));
    }
  });
}

/** The parameters that may be in a message of this layout. */
function parametersTaken(draft: Draft, { name, fields, isMapped }: MessageLayout): string[] {
  if (!isMapped) return [...parametersIn(fields)?.names ?? []];
  const messages = fc.sample(arbitraryMessages(draft).get(name)!, { seed: SEED, numRuns: 50 });
  return messages.flatMap((message) =>
    "parameters" in message ? Object.keys(message.parameters) : []
  );
}

function assertUnique(list: readonly unknown[]): void {
  assert.equal(new Set(list).size, list.length);
}
