import { createControlCodec, decodeSubscriptionFilter, readVi64 } from "@moqt/transport";
import { ByteReader, type ControlKind, type ControlMessage, type Filter } from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { checkProperty } from "../support/properties.ts";
import { arbitraryMessages } from "../support/arbitrary_control.ts";
import { type CommonMessage, type PropertyMap, toTheirs } from "../support/peers/moqt_messages.ts";
import { referenceDraft } from "../support/reference_draft.ts";

const RUNS = 150;

const arbitrary = arbitraryMessages(referenceDraft);
const theirs = createControlCodec(18);
// What our relays say to each other has no counterpart.
const kinds = [...arbitrary.keys()].filter((kind) => kind !== "meshPath");

/** Those of draft-lcurley-moq-cluster, which they do not have. */
const ROUTES: readonly string[] = ["hopPath", "routeCost"];

function common(message: ControlMessage): CommonMessage {
  if (message.kind === "meshPath" || message.kind === "publishStateNotify") {
    throw new Error("Nobody else has this message");
  }
  if (message.kind === "namespace") return { kind: "namespace", suffix: message.suffix };
  if (!("parameters" in message)) return message;
  const parameters = Object.entries(message.parameters)
    .filter(([name]) => !name.startsWith("mesh") && !ROUTES.includes(name));
  return { ...message, parameters: Object.fromEntries(parameters) } as CommonMessage;
}

/** What their decoder leaves out because the stream says it, and what it says twice. */
const NOT_ON_THE_WIRE = ["existingRequestId", "trackExtensions"];
const ANSWERS: readonly ControlKind[] = [
  "subscribeOk",
  "publishDone",
  "fetchOk",
  "requestOk",
  "requestError",
];

function onTheWire(kind: ControlKind, message: object): object {
  const left = ANSWERS.includes(kind) ? [...NOT_ON_THE_WIRE, "requestId"] : NOT_ON_THE_WIRE;
  return Object.fromEntries(Object.entries(message).filter(([name]) => !left.includes(name)));
}

function propertiesOf(message: ControlMessage): PropertyMap {
  const properties: PropertyMap = new Map();
  if (!("properties" in message)) return properties;
  let type = 0n;
  for (let at = 0; at < message.properties.length;) {
    const delta = readVi64(message.properties, at);
    const value = readVi64(message.properties, at + delta.bytesRead);
    type += delta.value;
    properties.set(type, [value.value]);
    at += delta.bytesRead + value.bytesRead;
  }
  return properties;
}

/** What both are asked about; the rest is where they differ for a reason that is tested below. */
function isComparable(message: ControlMessage): boolean {
  switch (message.kind) {
    case "setup":
      return (message.options.authorizationTokens ?? []).length <= 1;
    case "goaway":
      return !message.uri.startsWith("\ufeff");
    case "publishDone":
    case "requestError":
      return !message.reason.startsWith("\ufeff");
    default:
      return true;
  }
}

for (const kind of kinds) {
  const messages = arbitrary.get(kind)!.filter(isComparable).map(common);

  Deno.test(`@moqt/transport reads every ${kind} of ours as we mean it`, () => {
    checkProperty(
      fc.property(messages, (message) => {
        const frame = referenceDraft.control.encode(message);
        const { message: read, bytesRead } = theirs.decode(frame, 0);
        assert.equal(bytesRead, frame.length);
        assert.deepEqual(
          onTheWire(kind, read),
          onTheWire(kind, toTheirs(message, propertiesOf(message))),
        );
      }),
      { numRuns: RUNS },
    );
  });

  Deno.test(`we read every ${kind} of @moqt/transport as it means it`, () => {
    checkProperty(
      fc.property(messages, (message) => {
        const frame = theirs.encode(toTheirs(message, propertiesOf(message)));
        const reader = new ByteReader(frame, referenceDraft.varint);
        const type = reader.varint();
        const body = reader.bytes(reader.u16());
        reader.end("the frame");
        assert.deepEqual(referenceDraft.control.decode(type, body), message);
      }),
      { numRuns: RUNS },
    );
  });
}

Deno.test("@moqt/transport reads every filter of ours as we mean it", () => {
  const names: Partial<Record<Filter["type"], string>> = {
    next_group: "NextGroupStart",
    largest_object: "LargestObject",
    absolute_start: "AbsoluteStart",
    absolute_range: "AbsoluteRange",
  };
  checkProperty(
    fc.property(arbitrary.get("requestUpdate")!, (message) => {
      if (message.kind !== "requestUpdate" || message.parameters.filter === undefined) return;
      const { filter } = message.parameters;
      const read = theirs.decode(referenceDraft.control.encode(message), 0).message;
      assert.ok(read.type === "REQUEST_UPDATE");
      const [bytes] = read.parameters.get(0x21n)!;
      assert.ok(bytes instanceof Uint8Array);
      assert.deepEqual(decodeSubscriptionFilter(bytes, 18), {
        type: names[filter.type],
        ...("start" in filter && {
          startGroup: filter.start.group,
          startObject: filter.start.object,
        }),
        ...("endGroup" in filter && { endGroup: filter.endGroup }),
      });
    }),
    { numRuns: 1_000 },
  );
});
