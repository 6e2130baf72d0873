import type { z } from "zod";
import { found } from "./config_secrets.ts";
import { suggest } from "./suggest.ts";

/** What is wrong with the value of a key, in words. */
export interface KeyFault {
  readonly key: string;
  readonly text: string;
}

/** What a schema refused, as sentences for whoever wrote it; `value` is what stands at `key`. */
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

// A value that is one of a few words says which; one that is read by hand says so beside its message.
function wordsOf(issue: z.core.$ZodIssue): string[] {
  const words: unknown = issue.code === "invalid_value"
    ? issue.values
    : issue.code === "custom"
    ? issue.params?.words
    : undefined;
  return Array.isArray(words) ? words.map(String) : [];
}
