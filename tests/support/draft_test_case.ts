import { type Draft, draft18 } from "@qumo/shared/wire";
import { AsyncLocalStorage } from "node:async_hooks";
import { testDraft } from "./test_draft.ts";

/** Drafts that the peers of a scenario speak, by the order in which they come: usually a publisher first. */
const MIXES: readonly { readonly name: string; readonly drafts: readonly Draft[] }[] = [
  { name: "18 to another draft", drafts: [draft18, testDraft] },
  { name: "another draft to 18", drafts: [testDraft, draft18] },
];

const current = new AsyncLocalStorage<readonly Draft[]>();

/** The draft that the peer speaks that comes as number `index` in the scenario that runs. */
export function draftOfPeer(index: number): Draft {
  const drafts = current.getStore() ?? [draft18];
  return drafts[index % drafts.length]!;
}

/** A scenario whose outcome is the same whatever draft who speaks: it runs over the mixes of drafts. */
export function draftTest(name: string, body: () => Promise<void>): void {
  Deno.test(name, body);
  for (const { name: mix, drafts } of MIXES) {
    Deno.test(`${name} [${mix}]`, () => current.run(drafts, body));
  }
}
