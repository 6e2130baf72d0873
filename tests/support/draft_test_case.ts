import { type StreamDraft } from "@qumo/shared/wire";
import { AsyncLocalStorage } from "node:async_hooks";
import { testDraft } from "./test_draft.ts";
import { referenceDraft } from "./reference_draft.ts";

/** Drafts that the peers of a scenario speak, by the order in which they come: usually a publisher first. */
const MIXES: readonly { readonly name: string; readonly drafts: readonly StreamDraft[] }[] = [
  { name: "one draft to another", drafts: [referenceDraft, testDraft] },
  { name: "the other draft to the one", drafts: [testDraft, referenceDraft] },
];

const current = new AsyncLocalStorage<readonly StreamDraft[]>();

/** The draft that the peer speaks that comes as number `index` in the scenario that runs. */
export function draftOfPeer(index: number): StreamDraft {
  const drafts = current.getStore() ?? [referenceDraft];
  return drafts[index % drafts.length]!;
}

/** A scenario whose outcome is the same whatever draft who speaks: it runs over the mixes of drafts. */
export function draftTest(name: string, body: () => Promise<void>): void {
  Deno.test(name, body);
  for (const { name: mix, drafts } of MIXES) {
    Deno.test(`${name} [${mix}]`, () => current.run(drafts, body));
  }
}
