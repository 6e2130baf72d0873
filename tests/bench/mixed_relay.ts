/**
 * The relay as it is, but that it offers one more dialect: the draft of the tests, because of the drafts
 * that are spoken no two write objects differently.
 */
import { drafts, type StreamDraft } from "@qumo/shared/wire";
import { testDraft } from "../support/test_draft.ts";

// Before anything looks at what there is to offer.
(drafts as StreamDraft[]).push(testDraft);
await import("../../relay/main.ts");
