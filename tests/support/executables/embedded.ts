import { Buffer } from "node:buffer";

/**
 * The modules in a bundle as Deno makes it, which has a comment with the path of each: those of ours by
 * their path from the root, packages by name, and of zod the languages that it speaks.
 */
export function bundledModules(text: string) {
  const paths = Array.from(text.matchAll(/^\/\/ (\S+\.\w+)$/gm), ([, path]) => path!);
  const packageOf = (path: string) => /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return {
    ours: new Set(paths.filter((path) => packageOf(path) === undefined)),
    packages: new Set(paths.flatMap((path) => packageOf(path) ?? [])),
    languages: new Set(paths.flatMap((path) => /\/locales\/(\w+)\.js$/.exec(path)?.[1] ?? [])),
  };
}

/** What an executable is told of how to run: a length of eight bytes and then JSON, behind a mark. */
// deno-lint-ignore no-explicit-any -- a test reads of it what it looks at
export function bakedInto(executable: Uint8Array): any {
  const bytes = Buffer.from(executable);
  const start = bytes.indexOf('{"argv":');
  const length = Number(bytes.readBigUInt64LE(start - 8));
  return JSON.parse(bytes.subarray(start, start + length).toString());
}
