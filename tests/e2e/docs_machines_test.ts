/**
 * The guide to several machines, done as it says, with every machine this one: openssl and curl as they
 * are written, the programs from their sources.
 */
import assert from "node:assert/strict";
import { becomes } from "../support/until.ts";
import { Deadline } from "../support/deadline.ts";
import { type Block, readDocuments } from "../support/documents/document.ts";
import { type CommandLine, runToEnd, startProgram } from "../support/processes/program_process.ts";
import { fromSources, programNamed } from "../support/executables/programs.ts";
import { freePort } from "../support/mesh/ports.ts";
import { toolTest } from "../support/tools.ts";

const guide = (await readDocuments()).find(({ path }) => path === "configs/machines.md")!;

toolTest(
  "openssl",
  "and the guide to several machines make a mesh with tokens and an authority",
  async () => {
    using deadline = new Deadline();
    const folder = await Deno.makeTempDir();
    const ports = { sdn: freePort(), tokyo: freePort(), london: freePort() };
    const [recipe = "", look = ""] = ["openssl req", "curl -s --cacert"].map((start) =>
      (commands().find((text) => text.startsWith(start)) ?? assert.fail(start))
        .replaceAll("sdn.example", "localhost").replaceAll(":8090", `:${ports.sdn}`)
    );
    await bash(recipe, folder);
    for (const secret of ["ca.key", "sdn.key", "tokens/tokyo", "tokens/admin"]) {
      const { mode } = await Deno.stat(`${folder}/${secret}`);
      assert.equal((mode ?? 0) & 0o077, 0, `others can read ${secret}`);
    }
    const [sdn = "", relay = ""] = ["sdn.yaml", "relay.yaml"].map((file) =>
      lastNamed(file).replaceAll("/etc/qumo/", `${folder}/`).replaceAll("/var/lib", folder)
        .replaceAll("sdn.example", "localhost").replaceAll(":8090", `:${ports.sdn}`)
    );
    const files = {
      sdn,
      tokyo: placed(relay, ports.tokyo).replace(`${folder}/token`, `${folder}/tokens/tokyo`),
      london: placed(relay, ports.london)
        .replace("relay_name: tokyo", "relay_name: london")
        .replace("neighbors: { london: 250 }", "neighbors: { tokyo: 250 }")
        .replace(`${folder}/token`, `${folder}/tokens/london`),
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}.yaml`, text);
      const { code, stderr } = await runToEnd([
        ...command(name),
        "check",
        "-c",
        `${folder}/${name}.yaml`,
      ]);
      assert.equal(code, 0, stderr);
    }
    const started = Object.keys(files).map((name) =>
      startProgram([...command(name), "-c", `${folder}/${name}.yaml`])
    );
    const programs = await deadline.for("the programs", Promise.all(started));
    try {
      await becomes(async () => {
        const { nodes, links } = JSON.parse(await bash(look, folder));
        return [
          nodes.map(({ id, state }: Record<string, string>) => `${id} ${state}`).sort(),
          links.map(({ state }: { state: string }) => state),
        ];
      }, [["london registered", "tokyo registered"], ["up", "up"]]);
    } finally {
      await Promise.all(programs.map((program) => program.end()));
      await Deno.remove(folder, { recursive: true });
    }
  },
);

function commands(): string[] {
  return guide.blocks.filter(isDoneHere).map(({ lines }) => lines.join("\n"));
}

/** The last file of this name: one before is of another chapter. */
function lastNamed(file: string): string {
  return guide.blocks.findLast(({ mark }) => mark === file)!.lines.join("\n");
}

function isDoneHere({ mark }: Block): boolean {
  return mark === "tested: tests/e2e/docs_machines_test.ts";
}

function placed(relay: string, port: number): string {
  return relay.replace("0.0.0.0:4433", `0.0.0.0:${port}`)
    .replace("tokyo.example:4433", `127.0.0.1:${port}`);
}

function command(name: string): CommandLine {
  return fromSources(programNamed(name === "sdn" ? "qumo-sdn" : "qumo-relay"));
}

async function bash(text: string, cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(["bash", "-e", "-c", text], { cwd });
  assert.equal(code, 0, stderr);
  return stdout;
}
