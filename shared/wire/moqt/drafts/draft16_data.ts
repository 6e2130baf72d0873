import { ObjectStatus } from "../../object.ts";
import { rfc9000 } from "../../varint.ts";
import type { DataDialect } from "../data/dialect.ts";
import { absolutes } from "../data/fetch_ids.ts";
import { flaggedFetch } from "../data/flagged_fetch.ts";
import { plainDeltaPairs } from "../data/property_form.ts";
import { FETCH_STREAMS } from "../data/stream_type.ts";

/** Draft 16. */
export const data16: DataDialect = {
  name: "moqt-16",
  varint: rfc9000,
  properties: plainDeltaPairs(rfc9000),
  streams: FETCH_STREAMS,
  subgroupBits: 0x3f,
  datagramBits: 0x2f,
  idWithStatus: false,
  propertiesOfEnds: false,
  hasPadding: false,
  statuses: new Set(Object.values(ObjectStatus)),
  fetch: flaggedFetch({ ids: absolutes, firstRange: 0x80, hasStatus: false }),
  fetchRanges: new Map([[0x8c, "non_existent"], [0x10c, "unknown"]]),
};
