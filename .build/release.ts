/** Executables for every kind of machine, packed and with their checksums: `deno task release`. */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { output } from "@qumo/shared/runtime";
import { type ArchiveKind, packArchive } from "./archive.ts";
import { Compiler, MissingBase } from "./compiler.ts";
import { type Program, PROGRAMS } from "./programs.ts";
import { readStamp, type Stamp } from "./stamp.ts";
import { type Target, TARGETS } from "./targets.ts";

const { values: { output: folder } } = parseArgs({
  options: { output: { type: "string", default: "dist" } },
});
const { write } = output(Deno.stderr);
try {
  const stamp = await readStamp(Deno.env);
  await using compiler = await Compiler.create(stamp);
  const sums: string[] = [];
  const missing: string[] = [];
  for (const target of TARGETS) {
    try {
      for (const program of PROGRAMS) {
        await compiler.compile(program, target, `${folder}/${target.name}`);
        sums.push(await pack(program, target, stamp));
      }
    } catch (error) {
      if (!(error instanceof MissingBase)) throw error;
      missing.push(error.message);
    }
  }
  await Deno.writeTextFile(`${folder}/SHA256SUMS`, sums.sort(byName).join(""));
  write(`${sums.length} of ${PROGRAMS.length * TARGETS.length} archives are in ${folder}/\n`);
  for (const line of missing) write(`Missing: ${line}\n`);
  if (missing.length > 0) Deno.exitCode = 1;
} catch (error) {
  write(`${error instanceof Error ? error.message : error}\n`);
  Deno.exitCode = 1;
}

/** Writes the archive of one executable; returns its line for `sha256sum --check`. */
async function pack(program: Program, target: Target, stamp: Stamp): Promise<string> {
  const executable = `${program.name}${target.suffix}`;
  const name = `${program.name}-${stamp.version}-${target.name}`;
  const kind: ArchiveKind = target.suffix === ".exe" ? ".zip" : ".tar.gz";
  const contents = [
    { from: `${folder}/${target.name}/${executable}`, isExecutable: true },
    { from: program.example, isExecutable: false },
    { from: "LICENSE", isExecutable: false },
  ];
  const files = await Promise.all(contents.map(async ({ from, isExecutable }) => ({
    name: `${name}/${from.slice(from.lastIndexOf("/") + 1)}`,
    bytes: await Deno.readFile(from),
    isExecutable,
  })));
  const archive = await packArchive(files, kind, new Date(stamp.built));
  await Deno.writeFile(`${folder}/${name}${kind}`, archive);
  return `${createHash("sha256").update(archive).digest("hex")}  ${name}${kind}\n`;
}

function byName(a: string, b: string): number {
  return a.slice(64) < b.slice(64) ? -1 : 1;
}
