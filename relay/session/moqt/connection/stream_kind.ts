import { classifyUniStream, type Draft, type UniStreamKind } from "@qumo/shared/wire";
import { foundIn } from "../../errors.ts";

/** What a unidirectional stream of this type carries; a type that does not exist ends the session. */
export function kindOfStream(type: bigint, draft: Draft): UniStreamKind {
  try {
    return classifyUniStream(type, draft.data);
  } catch (error) {
    throw foundIn("stream_type", error);
  }
}
