import { type Codec, struct, u8, varint } from "../codec.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { absent, flag, type Layout, message, name, plusOne } from "./layout.ts";
import { MAX_LITE_HOPS } from "./limits.ts";
import type {
  Hops,
  LiteFetch,
  LiteGroup,
  LiteProbe,
  LiteStart,
  LiteSubscribe,
  LiteSubscribeUpdate,
  LiteTrackInfo,
} from "./messages.ts";

const broadcast = name("a broadcast's path");
const track = name("a track's name");

/** The names of a track: the first fields of what asks for one. */
export const trackFields = { broadcast, track };

const NO_FRAME = absent(0n);
const NO_END = absent<bigint | undefined>(undefined);

/** The fields of a FETCH, with frames or without. */
export function fetchMessage(hasFrames: boolean): Layout<LiteFetch> {
  return message(
    "FETCH",
    struct({
      ...trackFields,
      priority: u8,
      group: varint,
      startFrame: hasFrames ? varint : NO_FRAME,
      endFrame: hasFrames ? plusOne : NO_END,
    }),
  );
}

/** 0 for the newest group, otherwise one more than a group (03 to 05). */
const latestOrGroup: Codec<LiteStart> = {
  encode: (writer, start) =>
    plusOne.encode(writer, start.kind === "latest" ? undefined : start.group),
  decode(reader) {
    const group = plusOne.decode(reader);
    return group === undefined ? { kind: "latest" } : { kind: "group", group };
  },
};

/** The group before which none is wanted (06). */
const floor: Codec<LiteStart> = {
  encode: (writer, start) => writer.varint(start.kind === "latest" ? 0n : start.group),
  decode: (reader) => ({ kind: "floor", group: reader.varint() }),
};

const groupsOnly = {
  priority: u8,
  oldestFirst: flag,
  maxAge: varint,
  start: latestOrGroup,
  endGroup: plusOne,
  startFrame: NO_FRAME,
  endFrame: NO_END,
};

const withFrames = {
  priority: u8,
  oldestFirst: absent(false),
  maxAge: varint,
  start: floor,
  endGroup: plusOne,
  startFrame: varint,
  endFrame: plusOne,
};

/** SUBSCRIBE and SUBSCRIBE_UPDATE, with positions of frames (06) or of groups alone. */
export function subscribeMessages(
  hasFrames: boolean,
): {
  readonly subscribe: Layout<LiteSubscribe>;
  readonly subscribeUpdate: Layout<LiteSubscribeUpdate>;
} {
  const fields = struct(hasFrames ? withFrames : groupsOnly);
  const whole = struct({ id: varint, ...trackFields, ...fields.fields });
  return {
    subscribe: message("SUBSCRIBE", checked(whole)),
    subscribeUpdate: message("SUBSCRIBE_UPDATE", checked(fields)),
  };
}

/** A last frame says nothing without a last group (06, "Positions"). */
function checked<T extends LiteSubscribeUpdate>(fields: Codec<T>): Codec<T> {
  const isWrong = ({ endGroup, endFrame }: T) => endGroup === undefined && endFrame !== undefined;
  return {
    encode(writer, value) {
      if (isWrong(value)) throw new EncodeError("Cannot encode a last frame without a last group");
      fields.encode(writer, value);
    },
    decode(reader) {
      const value = fields.decode(reader);
      if (isWrong(value)) throw new DecodeError("malformed", "A last frame without a last group");
      return value;
    },
  };
}

/** What a publisher says of a track: in SUBSCRIBE_OK (03, 04), and in TRACK_INFO (05, 06). */
export const infoOf: Readonly<
  Record<"subscribe_ok" | "ordered" | "newest_first", Codec<LiteTrackInfo>>
> = {
  subscribe_ok: struct({ priority: u8, oldestFirst: flag, maxAge: varint, timescale: absent(0n) }),
  ordered: timed(struct({ priority: u8, oldestFirst: flag, maxAge: varint, timescale: varint })),
  newest_first: timed(
    struct({ priority: u8, oldestFirst: absent(false), maxAge: varint, timescale: varint }),
  ),
};

/** Refuses a timescale of 0, which both texts forbid. */
function timed(info: Codec<LiteTrackInfo>): Codec<LiteTrackInfo> {
  return {
    encode(writer, value) {
      if (value.timescale === 0n) throw new EncodeError("Cannot encode a timescale of 0");
      info.encode(writer, value);
    },
    decode(reader) {
      const value = info.decode(reader);
      if (value.timescale === 0n) throw new DecodeError("malformed", "A timescale of 0");
      return value;
    },
  };
}

/** GROUP, with the index of its first frame (06) or without. */
export function groupMessage(hasFrames: boolean): Layout<LiteGroup> {
  const startFrame = hasFrames ? varint : NO_FRAME;
  return message("GROUP", struct({ subscription: varint, group: varint, startFrame }));
}

/** PROBE, with the round trip (04 and later) or without. */
export function probeMessage(hasRtt: boolean): Layout<LiteProbe> {
  return message("PROBE", struct({ bitrate: varint, rtt: hasRtt ? varint : NO_FRAME }));
}

/** Hop ids with their count. */
export const hopList: Codec<Hops> = {
  encode(writer, hops) {
    checkCount(hops);
    writer.count(hops.length);
    for (const hop of hops) writer.varint(hop);
  },
  decode(reader) {
    const count = reader.count(MAX_LITE_HOPS, "The number of hops");
    return Array.from({ length: count }, () => reader.varint());
  },
};

/** Hop ids of which none but 0 is there twice (06, "ANNOUNCE_START"). */
export const distinctHops: Codec<Hops> = {
  encode: hopList.encode,
  decode(reader) {
    const hops = hopList.decode(reader);
    const named = hops.filter((hop) => hop !== 0n);
    if (new Set(named).size < named.length) throw new DecodeError("malformed", "A hop comes twice");
    return hops;
  },
};

/** Only how many hops there are (03). */
export const hopCount: Codec<Hops> = {
  encode(writer, hops) {
    checkCount(hops);
    writer.count(hops.length);
  },
  decode: (reader) => Array(reader.count(MAX_LITE_HOPS, "The number of hops")).fill(0n),
};

function checkCount(hops: Hops): void {
  if (hops.length > MAX_LITE_HOPS) throw new EncodeError(`Cannot encode ${hops.length} hops`);
}
