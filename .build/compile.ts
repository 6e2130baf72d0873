/** Compiles the programs, or those that are named, into executables: `deno task compile`. */
import { parseArgs } from "node:util";
import { output } from "@qumo/shared/runtime";
import { Compiler } from "./compiler.ts";
import { PROGRAMS } from "./programs.ts";
import { readStamp } from "./stamp.ts";
import { targetNamed } from "./targets.ts";

const { values, positionals } = parseArgs({
  options: { target: { type: "string" }, output: { type: "string" } },
  allowPositionals: true,
});
try {
  const unknown = positionals.find((name) => !PROGRAMS.some((program) => program.name === name));
  if (unknown !== undefined) throw new Error(`There is no program ${unknown}`);
  const target = targetNamed(values.target ?? Deno.build.target);
  const folder = values.output ?? (values.target === undefined ? "dist" : `dist/${target.name}`);
  await using compiler = await Compiler.create(await readStamp(Deno.env));
  for (const program of PROGRAMS) {
    if (positionals.length > 0 && !positionals.includes(program.name)) continue;
    await compiler.compile(program, target, folder);
  }
} catch (error) {
  output(Deno.stderr).write(`${error instanceof Error ? error.message : error}\n`);
  Deno.exitCode = 1;
}
