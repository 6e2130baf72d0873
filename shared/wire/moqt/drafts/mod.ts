import type { Draft } from "./draft.ts";
import { draft18 } from "./draft18.ts";

/** Every draft that is spoken, the preferred one first. */
export const drafts: readonly Draft[] = [draft18];

/**
 * The draft that most clients speak: taken for one that does not say which, and offered first to
 * other relays.
 */
export const commonDraft = draft18;

/** The draft that this ALPN token or WebTransport protocol names. */
export function draftOf(protocol: string | undefined): Draft | undefined {
  return drafts.find((draft) => draft.protocol === protocol);
}
