import { Buffer } from "node:buffer";

/**
 * The modules in a bundle as Deno makes it, which has a comment with the path of each: those of ours by
 * their path from the root, packages by name, and of zod the languages that it speaks.
 */
export function bundledModules(
  text: string,
): { ours: Set<string>; packages: Set<string>; languages: Set<string> } {
  const found = {
    ours: new Set<string>(),
    packages: new Set<string>(),
    languages: new Set<string>(),
  };
  for (const [, path] of text.matchAll(/^\/\/ (\S+\.\w+)$/gm)) {
    const inside = /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\//.exec(path!);
    if (inside === null) found.ours.add(path!);
    else found.packages.add(inside[1]!);
    const language = /\/locales\/(\w+)\.js$/.exec(path!);
    if (language !== null) found.languages.add(language[1]!);
  }
  return found;
}

/** What an executable is told of how to run, as far as tests look at it. */
export interface Baked {
  readonly permissions: Readonly<Record<string, unknown>> & { readonly prompt: boolean };
  readonly v8_flags: readonly string[];
  readonly unstable_config: { readonly features: readonly string[] };
}

/** Reads it: a length of eight bytes and then JSON, behind a mark. */
export function bakedInto(executable: Uint8Array): Baked {
  const bytes = Buffer.from(executable);
  const start = bytes.indexOf('{"argv":');
  const length = Number(bytes.readBigUInt64LE(start - 8));
  return JSON.parse(bytes.subarray(start, start + length).toString());
}
