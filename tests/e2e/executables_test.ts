/** The two programs as they are shipped: what is inside, what they may do, and that they do it. */
import assert from "node:assert/strict";
import { type Program, PROGRAMS } from "../../.build/programs.ts";
import { LIVES, temporaryFolder } from "../support/executables/cases.ts";
import { type CommandLine, runToEnd } from "../support/processes/program_process.ts";
import { finishedExecutables, fromSources } from "../support/executables/programs.ts";

for (const program of PROGRAMS) {
  const { name, permissions } = program;

  Deno.test(`${name} lives with the permissions of its executable and uses each of them`, async () => {
    await using folder = await temporaryFolder();
    const audit = `${folder.path}/audit.jsonl`;
    await LIVES[name](fromSources(program), { DENO_AUDIT_PERMISSIONS: audit });
    const used = await kindsUsed(audit);
    for (const kind of kindsOf(permissions)) assert.ok(used.has(kind) || kind === "run", kind);
  });

  for (const kind of kindsOf(permissions)) {
    Deno.test(`${name} does not live without ${kind}`, async () => {
      await assert.rejects(
        LIVES[name](without(program, kind)),
        /It ended with \d+ before it said .*is ready/,
      );
    });
  }

  Deno.test(`${name} sees its variables`, async () => {
    const env = { [`QUMO_${name === "qumo-sdn" ? "SDN_" : ""}LOG_LEVEL`]: "warn" };
    const { stdout } = await runToEnd([...fromSources(program), "check"], { env });
    assert.match(stdout, /^log\.level .*environment/m);
  });
}

const finished = await finishedExecutables();

for (const { name } of PROGRAMS) {
  const reason = "the base binary denort is not here: name it in DENORT_BIN, or the folder of " +
    "finished executables in TEST_EXECUTABLES";
  Deno.test({
    name: `the finished ${name} lives${finished === undefined ? ` (skipped: ${reason})` : ""}`,
    // Deno's base binary comes from nowhere but its own site, which is not reached from everywhere.
    ignore: finished === undefined,
    async fn() {
      await using folder = await temporaryFolder();
      let path = folder.path;
      if (finished === "compiler") await compile(name, path);
      else path = finished!.folder;
      const executable: CommandLine = [`${await Deno.realPath(path)}/${name}`];
      const { code, stdout } = await runToEnd([...executable, "version"]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^${name} (?!dev\\n).*\\n {2}commit: .*\\n {2}built: {2}20`));
      await LIVES[name](executable);
    },
  });
}

async function compile(name: Program["name"], folder: string): Promise<void> {
  const task = [Deno.execPath(), "task", "compile", name, "--output", folder] as const;
  const { code, stderr } = await runToEnd(task);
  assert.equal(code, 0, stderr);
}

// Less than it did: a member, which runs nothing, writes the file of its group anew.
// More than it needed: reading a file is written down as read and write.
async function kindsUsed(audit: string): Promise<Set<string>> {
  const lines = (await Deno.readTextFile(audit)).trim().split("\n");
  return new Set(lines.map((line) => (JSON.parse(line) as { permission: string }).permission));
}

/** `net` of `--allow-net`. */
function kindsOf(permissions: readonly string[]): string[] {
  return permissions.flatMap((flag) => /^--allow-(\w+)/.exec(flag)?.[1] ?? []).sort();
}

function without(program: Program, kind: string): CommandLine {
  const permissions = program.permissions.filter((flag) => !flag.startsWith(`--allow-${kind}`));
  return fromSources({ ...program, permissions });
}
