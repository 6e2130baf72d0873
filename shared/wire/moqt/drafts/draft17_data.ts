import { vi64WithoutSeven } from "../../varint.ts";
import type { DataDialect } from "../data/dialect.ts";
import { plainDeltaPairs } from "../data/property_form.ts";
import { FETCH_STREAM_TYPE, SETUP_STREAM_TYPE } from "../data/stream_type.ts";
import { data16 } from "./draft16_data.ts";

/** Draft 17: what draft 16 has, in other integers and with streams for SETUP. */
export const data17: DataDialect = {
  ...data16,
  name: "moqt-17",
  varint: vi64WithoutSeven,
  properties: plainDeltaPairs(vi64WithoutSeven),
  streams: new Map([[FETCH_STREAM_TYPE, "fetch"], [SETUP_STREAM_TYPE, "setup"]]),
};
