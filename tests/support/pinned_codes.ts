import type { Draft } from "@qumo/shared/wire";
import assert from "node:assert/strict";

/** The codes of a draft in its own names, written as `NAME 0x1, OTHER 0x2`. */
export interface PinnedCodes {
  readonly session: string;
  readonly request: string;
  readonly done: string;
  readonly stream: string;
}

/** Tests that a draft has these codes and no others. */
export function testCodes(draft: Draft, pinned: PinnedCodes): void {
  const tables: Readonly<Record<keyof PinnedCodes, Readonly<Partial<Record<string, number>>>>> = {
    session: draft.sessionCodes,
    request: draft.requestCodes,
    done: draft.doneCodes,
    stream: draft.streamCodes,
  };
  for (const [name, table] of Object.entries(tables)) {
    Deno.test(`${draft.protocol}: the ${name} codes are those of the draft`, () => {
      assert.deepEqual({ ...table }, parse(pinned[name as keyof PinnedCodes]));
    });
  }
}

function parse(rows: string): Record<string, number> {
  return Object.fromEntries(
    rows.split(",").map((row) => {
      const [name, number] = row.trim().split(/\s+/);
      return [name!.toLowerCase(), Number(number)];
    }),
  );
}
