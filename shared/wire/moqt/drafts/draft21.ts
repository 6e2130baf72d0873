import type { StreamDraft } from "./draft.ts";
import { draft20 } from "./draft20.ts";

/** draft-ietf-moq-transport-21: draft 20 in other words. */
export const draft21: StreamDraft = { ...draft20, protocol: "moqt-21", number: 21 };
