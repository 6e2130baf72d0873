import { type Draft, drafts, multiplexedDrafts, unspokenDrafts } from "@qumo/shared/wire";
import { testDraft } from "./test_draft.ts";

/** Every draft with tables, whether sessions of it are offered or not, and the one for tests. */
export const wireDrafts: readonly Draft[] = [
  ...drafts,
  ...multiplexedDrafts,
  ...unspokenDrafts,
  testDraft,
];
