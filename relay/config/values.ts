import { integer, text } from "@qumo/shared/runtime";

/** The bytes of a gibibyte. */
export const GIB = 2 ** 30;

/** A number of things. */
export const count = (max: number, min = 1) => integer(min, max);

/** The path of a file or a folder; empty: none. */
export const path = () => text(4096).default("");
