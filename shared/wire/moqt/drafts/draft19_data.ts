import type { DataDialect } from "../data/dialect.ts";
import { data18 } from "./draft18_data.ts";

/** Draft 19: live objects as in draft 18, and delivery timeouts among their properties. */
export const data19: DataDialect = {
  ...data18,
  name: "moqt-19",
  live: data18,
  hasObjectTimeouts: true,
};
