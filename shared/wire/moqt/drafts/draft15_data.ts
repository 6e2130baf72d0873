import type { DataDialect } from "../data/dialect.ts";
import { absolutes } from "../data/fetch_ids.ts";
import { flaggedFetch } from "../data/flagged_fetch.ts";
import { data14 } from "./draft14_data.ts";

/** Draft 15: streams and datagrams as in draft 16, and objects of a fetch that may have a status. */
export const data15: DataDialect = {
  ...data14,
  name: "moqt-15",
  subgroupBits: 0x3f,
  datagramBits: 0x2f,
  idWithStatus: false,
  propertiesOfEnds: false,
  fetch: flaggedFetch({ ids: absolutes, firstRange: 0x40, hasStatus: true }),
};
