import type { MultiplexedDraft, StreamDraft } from "./draft.ts";
import { draft14 } from "./draft14.ts";
import { draft15 } from "./draft15.ts";
import { draft16 } from "./draft16.ts";
import { draft17 } from "./draft17.ts";
import { draft18 } from "./draft18.ts";
import { draft19 } from "./draft19.ts";
import { draft20 } from "./draft20.ts";
import { draft21 } from "./draft21.ts";
import { draft22 } from "./draft22.ts";

/** Every draft that is spoken, the preferred one first. */
export const drafts: readonly StreamDraft[] = [
  draft22,
  draft21,
  draft20,
  draft19,
  draft18,
  draft17,
];

/** Every draft with one control stream that is spoken, the newest first. */
export const multiplexedDrafts: readonly MultiplexedDraft[] = [draft16, draft15, draft14];

/**
 * The draft that most clients speak: taken for one that does not say which, and offered first to
 * other relays.
 */
export const commonDraft = draft18;

/** The draft that this ALPN token or WebTransport protocol names. */
export function draftOf(protocol: string | undefined): StreamDraft | undefined {
  return drafts.find((draft) => draft.protocol === protocol);
}
