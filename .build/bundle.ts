import { stop, transform } from "esbuild";
import type { Program } from "./programs.ts";

// Some hundred modules cost a program memory and time at its start that a few do not. What is loaded
// late stays apart.
const FLAGS = ["--quiet", "--frozen", "--platform=deno", "--code-splitting"];

/**
 * Bundles a program with its packages into a folder beside its sources, which are at `root`. Blanks and
 * comments are left out, as the engine keeps them in memory; names and licenses stay. Returns the path
 * from `root` of what is run.
 */
export async function bundleProgram(program: Program, root: string): Promise<string> {
  const { folder, entry } = await bundleModules(program, root);
  for await (const { name } of Deno.readDir(`${root}/${folder}`)) {
    const path = `${root}/${folder}/${name}`;
    const { code } = await transform(await Deno.readTextFile(path), { minifyWhitespace: true });
    await Deno.writeTextFile(path, code);
  }
  await stop();
  return entry;
}

/** The bundle as Deno makes it, in which a comment with its path stands before each module. */
export async function bundleModules(
  { name, entry }: Program,
  root: string,
): Promise<{ folder: string; entry: string }> {
  const folder = `bundles/${name}`;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...FLAGS, `--outdir=${folder}`, entry],
    cwd: root,
  }).spawn().status;
  if (!success) throw new Error(`${name} could not be bundled with its packages`);
  return { folder, entry: `${folder}/main.js` };
}
