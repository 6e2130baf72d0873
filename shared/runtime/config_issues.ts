import type { z } from "zod";
import { found } from "./config_secrets.ts";
import { suggest } from "./suggest.ts";

/** A fault of a key's value, as a sentence. */
export interface KeyFault {
  readonly key: string;
  readonly text: string;
}

/** The issues of a schema as sentences for the user; `value` is the value at `key`. */
export function issueFaults(
  issue: z.core.$ZodIssue,
  { key, value }: { readonly key: string; readonly value: unknown },
): KeyFault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => {
      const hint = didYouMean(name, issue.message.split(", "));
      const inner = `${key}.${name}`;
      return {
        key: inner,
        text: `${inner}: found an unknown key${hint}, allowed ${issue.message}`,
      };
    });
  }
  const words = wordsOf(issue);
  const hint = typeof value === "string" ? didYouMean(value, words) : "";
  return [{ key, text: `${key}: found ${found(value, key)}${hint}, allowed ${issue.message}` }];
}

/** ` (did you mean strict?)`, or nothing where nothing is near. */
export function didYouMean(wrong: string, names: readonly string[]): string {
  const meant = suggest(wrong, names);
  return meant === undefined ? "" : ` (did you mean ${meant}?)`;
}

// An enum lists its words; a value with a parser of its own has its message.
function wordsOf(issue: z.core.$ZodIssue): string[] {
  const words: unknown = issue.code === "invalid_value"
    ? issue.values
    : issue.code === "custom"
    ? issue.params?.words
    : undefined;
  return Array.isArray(words) ? words.map(String) : [];
}
