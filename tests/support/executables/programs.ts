import { denoFolders, findBaseBinary } from "../../../.build/base_binary.ts";
import { bundleProgram } from "../../../.build/bundle.ts";
import { engineFlags, type Program, PROGRAMS } from "../../../.build/programs.ts";
import { targetNamed } from "../../../.build/targets.ts";
import type { CommandLine } from "../processes/program_process.ts";
import { ROOT_PATH } from "../root.ts";

/** The program with this name. */
export function programNamed(name: Program["name"]): Program {
  return PROGRAMS.find((program) => program.name === name)!;
}

/** Runs a program's sources with the flags that are baked into its executable, and no others. */
export function fromSources(program: Program, root: string = ROOT_PATH): CommandLine {
  const flags = ["--quiet", "--cached-only", ...program.permissions, ...engineFlags(program)];
  return [Deno.execPath(), "run", ...flags, `${root}/${program.entry}`];
}

/**
 * Runs a program as its executable does: bundled, in a folder that has the staged sources, with the
 * flags that are baked in.
 */
export async function fromBundle(program: Program, stage: string): Promise<CommandLine> {
  return fromSources({ ...program, entry: await bundleProgram(program, stage) }, stage);
}

/**
 * Where finished executables are to be had from: a folder that TEST_EXECUTABLES names, or the compiler
 * when this machine has the base that it needs. Undefined when neither.
 */
export async function finishedExecutables(): Promise<"compiler" | { folder: string } | undefined> {
  const folder = Deno.env.get("TEST_EXECUTABLES");
  if (folder) return { folder };
  const base = await findBaseBinary(targetNamed(Deno.build.target), await denoFolders());
  return base === undefined ? undefined : "compiler";
}
