import { type Draft, drafts, type LiteVersion, multiplexedDrafts } from "@qumo/shared/wire";

/** What a hostile peer offers, and in which dialect it speaks. */
export interface Voice {
  readonly protocol: string;
  /** The draft, or the version of moq-lite. */
  readonly dialect: Draft | LiteVersion;
  /** What the relay may close its session with. */
  readonly codes: Readonly<Partial<Record<string, number>>>;
}

/** Every draft of MoQT. */
export const VOICES: readonly Voice[] = [...drafts, ...multiplexedDrafts].map(voiceOf);

/** A peer of this draft or version. */
export function voiceOf(dialect: Draft | LiteVersion): Voice {
  const { protocol, sessionCodes } = dialect;
  return { protocol, codes: sessionCodes, dialect };
}

/** The name of the code that a session was closed with; undefined for one that is none. */
export function endOf(code: number, codes: Voice["codes"]): string | undefined {
  return Object.entries(codes).find(([, value]) => value === code)?.[0];
}
