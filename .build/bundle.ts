import type { Program } from "./programs.ts";

// Some hundred modules cost a program memory and time at its start that a few do not. What is loaded
// late stays apart; names stay as they are, for whoever reads a stack.
const FLAGS = ["--quiet", "--frozen", "--platform=deno", "--code-splitting"];

/** The arguments of Deno that bundle a program with its packages; run where its sources are. */
export function bundleArguments({ name, entry }: Program): string[] {
  return ["bundle", ...FLAGS, `--outdir=${folderOf(name)}`, entry];
}

/** What such a bundle is started by, from the same place. */
export function bundleEntry({ name }: Program): string {
  return `${folderOf(name)}/main.js`;
}

function folderOf(name: Program["name"]): string {
  return `bundles/${name}`;
}
