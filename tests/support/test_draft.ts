import {
  controlCodec,
  type ControlKind,
  data18,
  type DataDialect,
  deltaPairs,
  type Draft,
  draft18,
  messageTable,
  rfc9000,
} from "@qumo/shared/wire";

/**
 * A draft that nobody else speaks, to see that nothing in the relay takes it for another one: what
 * draft 18 says, in integers of RFC 9000 and under other numbers.
 */
export const testDraft: Draft = {
  ...draft18,
  protocol: "test",
  number: 0,
  varint: rfc9000,
  control: controlCodec(otherTypes(), rfc9000, draft18.control.length),
  data: otherData(),
  sessionCodes: otherCodes(),
};

function otherData(): DataDialect {
  return {
    ...data18,
    name: "test",
    varint: rfc9000,
    properties: deltaPairs(rfc9000),
    fetchRanges: new Map([[0x8c, "unknown"], [0x10c, "non_existent"]]),
  };
}

/** Only SETUP is known by its type before its draft is. */
function otherTypes(): typeof messageTable {
  const rows = Object.entries(messageTable).map(([kind, row]) => {
    const isSetup = kind as ControlKind === "setup";
    return [kind, isSetup ? row : { body: row.body, type: row.type + 0x40n }];
  });
  return Object.fromEntries(rows);
}

/** An end without an error is 0 for every transport. */
function otherCodes(): Draft["sessionCodes"] {
  const codes = Object.entries(draft18.sessionCodes).map(([name, code]) => [
    name,
    code === 0 ? 0 : code + 0x100,
  ]);
  return Object.fromEntries(codes);
}
