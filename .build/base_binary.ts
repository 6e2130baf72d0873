import type { Target } from "./targets.ts";

/** Where Deno keeps what it has downloaded. */
export interface DenoFolders {
  readonly denoDir: string;
  readonly npmCache: string;
}

/** Asks this Deno for its folders. */
export async function denoFolders(): Promise<DenoFolders> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/**
 * The binary that executables for a target are built on, if it is on this machine: the one that
 * DENORT_BIN names, which is of this machine's kind, or the one that Deno has downloaded before.
 */
export async function findBaseBinary(
  { name }: Target,
  { denoDir }: DenoFolders,
): Promise<string | undefined> {
  const named = name === Deno.build.target ? Deno.env.get("DENORT_BIN") : undefined;
  const path = named || `${denoDir}/dl/release/v${Deno.version.deno}/denort-${name}.zip`;
  const found = await Deno.stat(path).catch(() => undefined);
  return found?.isFile ? path : undefined;
}

/**
 * Throws when `path` is Deno itself. An executable on that base would ignore the program inside it and
 * do what its arguments say, with every permission.
 */
export async function refuseDeno(path: string): Promise<void> {
  if (path.endsWith(".zip")) return;
  const { stdout } = await new Deno.Command(path, { args: ["--version"], stderr: "null" }).output();
  if (!new TextDecoder().decode(stdout).startsWith("deno ")) return;
  throw new Error(`DENORT_BIN is ${path}, which is Deno itself: it must be denort`);
}
