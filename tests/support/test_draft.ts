import {
  controlCodec,
  type ControlKind,
  deltaPairs,
  type Draft,
  drafts,
  multiplexedDrafts,
  rfc9000,
  type StreamDraft,
} from "@qumo/shared/wire";
import type { MessageTable } from "../../shared/wire/moqt/control/codec.ts";
import { publishDoneOf } from "../../shared/wire/moqt/control/publish_done.ts";
import { requestErrorOf } from "../../shared/wire/moqt/control/request_error.ts";
import { referenceData, referenceDraft } from "./reference_draft.ts";

const requestCodes = otherCodes(referenceDraft.requestCodes, 0x200);
const doneCodes = otherCodes(referenceDraft.doneCodes, 0x300);

/**
 * A draft that nobody else speaks, to see that nothing in the relay takes it for another one: what
 * the reference draft says, in integers of RFC 9000 and under other numbers.
 */
export const testDraft: StreamDraft = {
  ...referenceDraft,
  protocol: "test",
  number: 0,
  varint: rfc9000,
  control: controlCodec(otherMessages(), rfc9000, referenceDraft.control.length),
  data: {
    ...referenceData,
    name: "test",
    varint: rfc9000,
    properties: deltaPairs(rfc9000),
    fetchRanges: new Map([[0x8c, "unknown"], [0x10c, "non_existent"]]),
  },
  // An end without an error is 0 for every transport.
  sessionCodes: { ...otherCodes(referenceDraft.sessionCodes, 0x100), no_error: 0 },
  streamCodes: otherCodes(referenceDraft.streamCodes, 0x400),
  requestCodes,
  doneCodes,
};

/** Every draft with tables, and the one for tests. */
export const wireDrafts: readonly Draft[] = [...drafts, ...multiplexedDrafts, testDraft];

/** Only SETUP is known by its type before its draft is. */
function otherMessages(): MessageTable {
  const table: MessageTable = {
    ...referenceDraft.control.messages,
    publishDone: { type: 0xbn, body: publishDoneOf(doneCodes) },
    requestError: { type: 0x5n, body: requestErrorOf(requestCodes) },
  };
  const rows = Object.entries(table).map(([kind, row]) => {
    const isSetup = kind as ControlKind === "setup";
    return [kind, isSetup ? row : { body: row.body, type: row.type + 0x40n }];
  });
  return Object.fromEntries(rows);
}

function otherCodes<T extends Readonly<Partial<Record<string, number>>>>(codes: T, by: number): T {
  const other = Object.entries(codes).map(([name, code]) => [name, code! + by]);
  return Object.fromEntries(other);
}
