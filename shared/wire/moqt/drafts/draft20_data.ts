import type { DataDialect } from "../data/dialect.ts";
import { data18 } from "./draft18_data.ts";

/** Drafts 20 to 22: live objects as in draft 18, and one more end of a range in a fetch. */
export const data20: DataDialect = {
  ...data18,
  name: "moqt-20",
  live: data18,
  fetchRanges: new Map([...data18.fetchRanges, [0x20c, "timed_out"]]),
};
