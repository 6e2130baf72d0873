import type { z } from "zod";
import { mapOf, text } from "./config_values.ts";

/** The entry of a token in a configuration: its SHA-256 or its file, beside these keys. */
export function tokenEntry<Shape extends z.ZodRawShape>(others: Shape) {
  return mapOf({
    ...others,
    sha256: text(64, "64 hexadecimal digits", (value) => /^[0-9a-f]{64}$/.test(value)).optional(),
    token_file: text(4096, "a path").optional(),
  }).refine(hasOneSecret, {
    // Reports an invalid value together with the keys that are missing because of it.
    when: ({ value }) => typeof value === "object" && value !== null,
    error: "one of `sha256` and `token_file`, and not both",
  });
}

function hasOneSecret(token: object): boolean {
  return "sha256" in token !== "token_file" in token;
}
