import { draftOf, type StreamDraft } from "@qumo/shared/wire";
import { AsyncLocalStorage } from "node:async_hooks";
import { testDraft } from "./test_draft.ts";
import { referenceDraft } from "./reference_draft.ts";

/** Drafts that the peers of a scenario speak, by the order in which they come: usually a publisher first. */
const MIXES: readonly { readonly name: string; readonly drafts: readonly StreamDraft[] }[] = [
  { name: "one draft to another", drafts: [referenceDraft, testDraft] },
  { name: "the other draft to the one", drafts: [testDraft, referenceDraft] },
  { name: "18 to 22", drafts: [referenceDraft, draftOf("moqt-22")!] },
  { name: "17 to 22", drafts: [draftOf("moqt-17")!, draftOf("moqt-22")!] },
  { name: "20 to 18", drafts: [draftOf("moqt-20")!, referenceDraft] },
];

const current = new AsyncLocalStorage<readonly StreamDraft[]>();

/** The draft that the peer speaks that comes as number `index` in the scenario that runs. */
export function draftOfPeer(index: number): StreamDraft {
  const drafts = current.getStore() ?? [referenceDraft];
  return drafts[index % drafts.length]!;
}

/** A scenario whose outcome is the same whatever draft who speaks: it runs over the mixes of drafts. */
export const draftTest = draftTestOf(0);

/** One of what draft 17 has other words for, or none. */
export const modernTest = draftTestOf(18);

/** One of what later drafts than 18 do not say. */
export const draft18Test = draftTestOf(0, 18);

/** One of what later drafts than 19 do not say. */
export const draft19Test = draftTestOf(0, 19);

function draftTestOf(first: number, last = Infinity) {
  // The draft for tests says what the reference draft says.
  const numberOf = ({ number }: StreamDraft) => number === 0 ? referenceDraft.number : number;
  return (name: string, body: () => Promise<void>): void => {
    Deno.test(name, body);
    for (const { name: mix, drafts } of MIXES) {
      const numbers = drafts.map(numberOf);
      if (numbers.some((number) => number < first || number > last)) continue;
      Deno.test(`${name} [${mix}]`, () => current.run(drafts, body));
    }
  };
}
