/** Drafts that are equal on the wire: what pins them so. */
import type { ControlMessage, StreamDraft } from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { arbitraryMessages } from "./arbitrary_control.ts";
import { layoutsOf, parametersIn } from "./layouts.ts";
import { SEED } from "./properties.ts";

const RUNS = 60;

/** How two drafts differ on the wire, in words; nothing for drafts that differ in their names alone. */
export function wireDifferences(one: StreamDraft, other: StreamDraft): string[] {
  const [ours, theirs] = [factsOf(one), factsOf(other)];
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  const tables = [...names].filter((name) => ours.get(name) !== theirs.get(name));
  // Bytes of different tables are different for a reason that is told.
  return tables.length > 0 ? tables : [...controlDifferences(one, other)];
}

/** Everything that a descriptor says, by what it is about. */
function factsOf(draft: StreamDraft): ReadonlyMap<string, string> {
  const { family, varint, control, data } = draft;
  const facts = new Map<string, unknown>([
    ["family", family],
    ["integers", varint.name],
    ...factsOfData(data),
    ["parameters of answers and updates", draft.parameters],
    ["session codes", sorted(draft.sessionCodes)],
    ["stream codes", sorted(draft.streamCodes)],
    ["request codes", sorted(draft.requestCodes)],
    ["done codes", sorted(draft.doneCodes)],
  ]);
  for (const { kind, type, fields } of layoutsOf(draft)) {
    const parameters = parametersIn(fields);
    facts.set(kind, {
      type: String(type),
      alias: String(control.messages[kind]!.alias),
      fields: fields && Object.keys(fields),
      parameters: parameters?.names.map((name) => [name, String(parameters.table[name]!.type)]),
    });
  }
  return new Map([...facts].map(([name, fact]) => [name, JSON.stringify(fact)]));
}

/** What the bytes of objects are made by; of layouts that are code it is which one. */
function factsOfData({ name: _name, live: _live, fetch, ...rest }: StreamDraft["data"]) {
  if (!LAYOUTS.includes(fetch)) LAYOUTS.push(fetch);
  const facts = Object.entries(rest).map(([name, value]): [string, unknown] => {
    if (typeof value !== "object") return [name, value];
    return [name, "name" in value ? value.name : [...value].map(String).sort()];
  });
  return [...facts, ["fetch layout", LAYOUTS.indexOf(fetch)] as [string, unknown]];
}

const LAYOUTS: StreamDraft["data"]["fetch"][] = [];

function sorted(codes: Readonly<Partial<Record<string, number>>>) {
  return Object.entries(codes).sort(([a], [b]) => a < b ? -1 : 1);
}

/** Kinds of messages of which one draft writes other bytes than the other, or reads other words. */
function controlDifferences(one: StreamDraft, other: StreamDraft): string[] {
  const found = new Set<string>();
  for (const [kind, messages] of arbitraryMessages(one)) {
    const check = (message: ControlMessage) => {
      const frame = one.control.encode(message);
      assert.deepEqual(other.control.encode(message), frame);
      const { type } = one.control.messages[kind]!;
      const body = frame.slice(one.varint.sizeOf(type) + one.control.length.sizeFrom(frame[1]!));
      assert.deepEqual(other.control.decode(type, body), one.control.decode(type, body));
    };
    if (!holds(messages, check)) found.add(`bytes of ${kind}`);
  }
  return [...found];
}

function holds<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): boolean {
  return !fc.check(fc.property(arbitrary, check), { seed: SEED, numRuns: RUNS, endOnFailure: true })
    .failed;
}
