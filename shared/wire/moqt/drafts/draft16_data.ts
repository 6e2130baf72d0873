import { ObjectStatus } from "../../object.ts";
import { rfc9000 } from "../../varint.ts";
import type { DataDialect } from "../data/dialect.ts";
import { deltaPairs } from "../data/property_form.ts";

/** Draft 16. */
export const data16: DataDialect = {
  name: "moqt-16",
  varint: rfc9000,
  properties: deltaPairs(rfc9000),
  subgroupBits: 0x3f,
  datagramBits: 0x2f,
  statuses: new Set(Object.values(ObjectStatus)),
  fetchRanges: new Map([[0x8c, "non_existent"], [0x10c, "unknown"]]),
};
