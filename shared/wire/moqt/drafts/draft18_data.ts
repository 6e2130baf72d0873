import { ObjectStatus } from "../../object.ts";
import { vi64 } from "../../varint.ts";
import type { DataDialect } from "../data/dialect.ts";
import { distances } from "../data/fetch_ids.ts";
import { flaggedFetch } from "../data/flagged_fetch.ts";
import { deltaPairs } from "../data/property_form.ts";
import { STREAMS } from "../data/stream_type.ts";

/** Draft 18; later ones up to 22 only add to it. */
export const data18: DataDialect = {
  name: "moqt-18",
  varint: vi64,
  properties: deltaPairs(vi64),
  streams: STREAMS,
  subgroupBits: 0x7f,
  datagramBits: 0x2f,
  idWithStatus: false,
  propertiesOfEnds: false,
  hasPadding: true,
  statuses: new Set(Object.values(ObjectStatus)),
  fetch: flaggedFetch({ ids: distances, firstRange: 0x80, hasStatus: false }),
  fetchRanges: new Map([[0x8c, "non_existent"], [0x10c, "unknown"]]),
};
