import { type Codec, struct, varint } from "../codec.ts";
import { EncodeError } from "../errors.ts";
import { infoOf } from "./fields.ts";
import { kind, type Layout, plusOne, typed } from "./layout.ts";
import type { LiteSubscribeReply } from "./messages.ts";

type Ok = Extract<LiteSubscribeReply, { kind: "ok" }>;

const drop = kind("drop", struct({ first: varint, last: varint, code: varint }));

/** SUBSCRIBE_OK says what the track is, and both ends of the range (03, 04). */
const okWithInfo: Codec<Ok> = {
  encode(writer, { info, group, endGroup }) {
    if (info === undefined) {
      throw new EncodeError("Cannot encode SUBSCRIBE_OK without the track's info");
    }
    infoOf.subscribe_ok.encode(writer, info);
    plusOne.encode(writer, group);
    plusOne.encode(writer, endGroup);
  },
  decode(reader) {
    const info = infoOf.subscribe_ok.decode(reader);
    return { kind: "ok", info, group: plusOne.decode(reader), endGroup: plusOne.decode(reader) };
  },
};

/** SUBSCRIBE_OK says where the subscription starts (05, 06). */
const okWithGroup: Codec<Ok> = {
  encode(writer, { group }) {
    if (group === undefined) throw new EncodeError("Cannot encode SUBSCRIBE_OK without a group");
    writer.varint(group);
  },
  decode: (reader) => ({ kind: "ok", group: reader.varint() }),
};

/** The answers of 03 and 04. */
export const earlyReplies: Layout<LiteSubscribeReply> = typed<LiteSubscribeReply>(
  "the answer to SUBSCRIBE",
  { ok: [0n, okWithInfo], drop: [1n, drop] },
);

/**
 * The answers of 05 and 06. Whether the group of SUBSCRIBE_END is the last one or the one behind it
 * was not settled in 05's text of July; moq-dev, and 06, have the one behind it.
 */
export const replies: Layout<LiteSubscribeReply> = typed<LiteSubscribeReply>(
  "the answer to SUBSCRIBE",
  { ok: [0n, okWithGroup], end: [1n, kind("end", struct({ group: varint }))], drop: [2n, drop] },
);
