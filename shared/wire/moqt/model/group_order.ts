/** Order of groups (#group-order). */
export type GroupOrder = "ascending" | "descending";
