import { type Codec, struct, varint } from "../../codec.ts";
import type { CodeTable, DoneName } from "../model/codes.ts";
import type { BodyOf } from "../model/messages.ts";
import { code } from "./code.ts";
import { reason } from "./phrases.ts";

/** The body of a PUBLISH_DONE of a draft with these codes, up to draft 22. */
export function publishDoneOf(codes: CodeTable<DoneName>): Codec<BodyOf<"publishDone">> {
  return struct({ code: code(codes), streamCount: varint, reason });
}
