import { type Codec, struct, type StructCodec, varint } from "../../codec.ts";
import { type FullTrackName, fullTrackName } from "../../names.ts";
import type { Filter } from "../model/filter.ts";
import { type BodyOf, type FetchRange, WHOLE_GROUP } from "../model/messages.ts";
import { EncodeError } from "../../errors.ts";
import type { ParametersCodec } from "./parameters.ts";

type FetchBody = BodyOf<"fetch">;

/** The track of a FETCH whose range is among its parameters. */
const filtered: Codec<FetchRange> = {
  encode: (writer, value) => fullTrackName.encode(writer, trackOf(value)),
  decode: (reader) => ({ type: "filtered", track: fullTrackName.decode(reader) }),
};

function trackOf(range: FetchRange): FullTrackName {
  if (range.type === "standalone" || range.type === "filtered") return range.track;
  throw new EncodeError("Cannot encode a joining fetch");
}

/**
 * The body of a FETCH of draft 20 and later: a track, and among these parameters a filter that says
 * the range.
 */
export function fetchByFilter(
  parameters: ParametersCodec<keyof FetchBody["parameters"]>,
): StructCodec<{
  requestId: Codec<bigint>;
  range: Codec<FetchRange>;
  parameters: Codec<FetchBody["parameters"]>;
}> {
  const body = struct({ requestId: varint, range: filtered, parameters });
  return {
    ...body,
    encode: (writer, value) => body.encode(writer, { ...value, ...asFiltered(value) }),
  };
}

function asFiltered({ range, parameters }: FetchBody): Pick<FetchBody, "range" | "parameters"> {
  if (range.type !== "standalone") return { range, parameters };
  const { track, start, end } = range;
  const filter: Filter = {
    type: "absolute_range",
    start,
    endGroup: end.group,
    ...(end.object !== WHOLE_GROUP && { endObject: end.object }),
  };
  return { range: { type: "filtered", track }, parameters: { ...parameters, filter } };
}
