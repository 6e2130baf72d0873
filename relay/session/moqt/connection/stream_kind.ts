import { classifyUniStream, type Draft, type UniStreamKind } from "@qumo/shared/wire";
import { foundIn } from "../../errors.ts";

/** The kind of a unidirectional stream by its type; throws a violation for an unknown type. */
export function kindOfStream(type: bigint, draft: Draft): UniStreamKind {
  try {
    return classifyUniStream(type, draft.data);
  } catch (error) {
    throw foundIn("stream_type", error);
  }
}
