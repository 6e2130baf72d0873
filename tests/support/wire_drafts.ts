import { type Draft, drafts, multiplexedDrafts } from "@qumo/shared/wire";
import { testDraft } from "./test_draft.ts";

/** Every draft with tables, and the one for tests. */
export const wireDrafts: readonly Draft[] = [
  ...drafts,
  ...multiplexedDrafts,
  testDraft,
];
