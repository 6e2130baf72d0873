import { type DataDialect, draftOf, type StreamDraft } from "@qumo/shared/wire";

/** The draft that tests speak which are about no other, and in which they write bytes by hand. */
export const referenceDraft: StreamDraft = draftOf("moqt-18")!;

/** What it chooses about data streams and datagrams. */
export const referenceData: DataDialect = referenceDraft.data;
