import {
  type ControlMessage as TheirMessage,
  createControlCodec,
  decodeSubscriptionFilter,
} from "@moqt/transport";
import {
  type ControlMessage,
  type ControlMessageOf,
  type Filter,
  type Location,
  type Parameters,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { arbitraryMessages } from "../support/made_up.ts";
import { checkProperty } from "../support/properties.ts";
import { referenceDraft } from "../support/reference_draft.ts";

const RUNS = 150;

const arbitrary = arbitraryMessages(referenceDraft);
const theirs = createControlCodec(18);
// What our relays say to each other has no counterpart.
const kinds = [...arbitrary.keys()].filter((kind) => kind !== "meshPath");

/** Those of draft-lcurley-moq-cluster, which they do not have. */
const ROUTES: readonly string[] = ["hopPath", "routeCost"];

function common(message: ControlMessage): ControlMessage {
  if (message.kind === "namespace") return { kind: "namespace", suffix: message.suffix };
  if (!("parameters" in message)) return message;
  const parameters = Object.entries(message.parameters)
    .filter(([name]) => !name.startsWith("mesh") && !ROUTES.includes(name));
  return { ...message, parameters: Object.fromEntries(parameters) } as ControlMessage;
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

type Fields = Readonly<Partial<Record<string, unknown>>>;

/** What they must read, as far as other fields could have the same bytes: bytes alone do not tell. */
function meaningOf(message: ControlMessage): Fields {
  const { doneCodes, requestCodes } = referenceDraft;
  switch (message.kind) {
    case "goaway":
      return { newSessionUri: message.uri, timeout: message.timeout };
    case "subscribeOk":
      return { trackAlias: message.alias, ...largestOf(message) };
    case "publish":
      return { requestId: message.requestId, trackAlias: message.alias, ...largestOf(message) };
    case "publishDone":
      return { statusCode: numberOf(doneCodes, message.code), streamCount: message.streamCount };
    case "requestError":
      return {
        errorCode: numberOf(requestCodes, message.code),
        retryInterval: message.retryAfter,
        errorReason: message.reason,
      };
    case "fetchOk":
      return { endOfTrack: message.endOfTrack ? 1 : 0, endLocation: endOf(message.end) };
    case "fetch":
      return { requestId: message.requestId, ...rangeOf(message.range) };
    default:
      return "requestId" in message ? { requestId: message.requestId } : {};
  }
}

function numberOf(table: Readonly<Partial<Record<string, number>>>, name: string): bigint {
  return BigInt(table[name]!);
}

function rangeOf(range: ControlMessageOf<"fetch">["range"]): Fields {
  if (range.type === "standalone") {
    return { startLocation: range.start, endLocation: endOf(range.end) };
  }
  if (range.type === "filtered") throw new Error("Drafts up to 19 have no such FETCH");
  const fetchType = range.type === "relative_joining" ? 0x2 : 0x3;
  return { fetchType, joiningRequestId: range.requestId, joiningStart: range.start };
}

/** The end of a range as the draft writes it. */
function endOf({ group, object }: Location): Location {
  return { group, object: object === WHOLE_GROUP ? 0n : object + 1n };
}

function largestOf({ parameters: { largestObject } }: { parameters: Parameters }): Fields {
  return largestObject === undefined ? {} : { largestObject };
}

function readByThem(frame: Uint8Array) {
  const { message, bytesRead } = theirs.decode(frame, 0);
  assert.equal(bytesRead, frame.length);
  const fields: Fields = {
    ...message,
    ...("fetch" in message && message.fetch),
    ...("parameters" in message && { largestObject: message.parameters.get(0x9n)?.[0] }),
  };
  return { message, fields };
}

for (const kind of kinds) {
  const messages = arbitrary.get(kind)!.filter(isComparable).map(common);

  Deno.test(`@moqt/transport reads every ${kind} of ours as we mean it, and writes the same`, () => {
    checkProperty(
      fc.property(messages, (message) => {
        const frame = referenceDraft.control.encode(message);
        const { message: read, fields } = readByThem(frame);
        for (const [name, value] of Object.entries(meaningOf(message))) {
          assert.deepEqual(fields[name], value, name);
        }
        assert.deepEqual(new Uint8Array(theirs.encode(read as TheirMessage)), frame);
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
