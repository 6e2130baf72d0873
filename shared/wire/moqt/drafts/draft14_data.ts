import { DOES_NOT_EXIST, ObjectStatus } from "../../object.ts";
import { rfc9000 } from "../../varint.ts";
import type { DataDialect } from "../data/dialect.ts";
import { fullFetch } from "../data/full_fetch.ts";
import { absolutePairs } from "../data/property_form.ts";
import { FETCH_STREAMS } from "../data/stream_type.ts";

/** Draft 14, in which every object says its priority. */
export const data14: DataDialect = {
  name: "moqt-14",
  varint: rfc9000,
  properties: absolutePairs(rfc9000),
  streams: FETCH_STREAMS,
  subgroupBits: 0x1f,
  datagramBits: 0x27,
  idWithStatus: true,
  propertiesOfEnds: true,
  hasPadding: false,
  statuses: new Set([...Object.values(ObjectStatus), DOES_NOT_EXIST]),
  fetch: fullFetch,
  fetchRanges: new Map(),
};
