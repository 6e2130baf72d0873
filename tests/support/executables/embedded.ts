import { Buffer } from "node:buffer";

/** Reads what `deno compile` says that it has put into an executable: paths, with a `*` for a whole folder. */
export function embeddedPaths(output: string): string[] {
  const paths: string[] = [];
  const folders: string[] = [];
  for (const line of output.split("\n")) {
    const entry = /^([│├└─┬ ]+)(\S.*?)(?: \(|$)/.exec(line);
    if (entry === null) continue;
    const [, tree, name] = entry;
    folders.length = tree!.length / 2 - 2;
    folders.push(name!);
    if (!tree!.includes("┬")) paths.push(folders.join("/"));
  }
  return paths;
}

/** The packages among such paths, by name. */
export function embeddedPackages(paths: readonly string[]): Set<string> {
  const inside = /^\.deno_compile_node_modules\/localhost\/((?:@[^/]+\/)?[^/]+)/;
  return new Set(paths.flatMap((path) => inside.exec(path)?.[1] ?? []));
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
