import type { DataDialect } from "../data/dialect.ts";
import { data19 } from "./draft19_data.ts";

/** Drafts 20 to 22: what draft 19 has, and one more end of a range in a fetch. */
export const data20: DataDialect = {
  ...data19,
  name: "moqt-20",
  fetchRanges: new Map([...data19.fetchRanges, [0x20c, "timed_out"]]),
};
