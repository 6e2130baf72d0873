import { draftOf, drafts, multiplexedDrafts, type StreamDraft } from "@qumo/shared/wire";
import { referenceDraft } from "../reference_draft.ts";

/** What a hostile peer offers, and in which draft it speaks. */
export interface Voice {
  readonly protocol: string;
  readonly draft: StreamDraft;
  /** What the relay may close its session with. */
  readonly codes: Readonly<Partial<Record<string, number>>>;
}

// Every draft of MoQT. One without a stream for each request is spoken to in the words of one that
// has: to it they are noise.
export const VOICES: readonly Voice[] = [...drafts, ...multiplexedDrafts].map(voiceOf);

/** A peer of this draft or version. */
export function voiceOf(
  { protocol, sessionCodes }: Pick<StreamDraft, "protocol" | "sessionCodes">,
): Voice {
  return { protocol, codes: sessionCodes, draft: draftOf(protocol) ?? referenceDraft };
}

/** The name of the code that a session was closed with; undefined for one that is none. */
export function endOf(code: number, codes: Voice["codes"]): string | undefined {
  return Object.entries(codes).find(([, value]) => value === code)?.[0];
}
