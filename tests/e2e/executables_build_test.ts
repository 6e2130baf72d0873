/** How executables are made. None is started: they are built on a program that does nothing. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import assert from "node:assert/strict";
import { unpackTar } from "modern-tar";
import { denoFolders, findBaseBinary } from "../../.build/base_binary.ts";
import { bundleModules } from "../../.build/bundle.ts";
import { engineFlags, PROGRAMS } from "../../.build/programs.ts";
import { stageSources } from "../../.build/stage.ts";
import { readStamp } from "../../.build/stamp.ts";
import { TARGETS } from "../../.build/targets.ts";
import { LIVES, temporaryFolder } from "../support/executables/cases.ts";
import { bakedInto, bundledModules } from "../support/executables/embedded.ts";
import { runToEnd } from "../support/processes/program_process.ts";
import { ROOT_PATH } from "../support/root.ts";
import { fromBundle, fromSources } from "../support/executables/programs.ts";
import { compileOnStandIn, hasStandIn } from "../support/executables/stand_in.ts";

/** Where the files of each program's pages are. */
const PAGES = {
  relay: ["relay/page/files", "relay/page/libraries"],
  sdn: ["sdn/dashboard/page"],
};
const STAMP = { VERSION: "v9.8.7-test", COMMIT: "abc1234", BUILD_DATE: "2026-01-02T03:04:05Z" };

for (const program of PROGRAMS) {
  const { name, entry } = program;
  const own = name === "qumo-relay" ? "relay" : "sdn";

  Deno.test(`${name} is bundled of its own modules, packages and page, and nothing else`, async () => {
    await using stage = await staged();
    const { folder } = await bundleModules(program, stage.path);
    const { ours, packages, languages } = bundledModules(await textsIn(`${stage.path}/${folder}`));
    for (const path of ours) {
      assert.match(path, new RegExp(`^(${own}|shared)/`));
      assert.doesNotMatch(path, /_test\.ts$/);
    }
    const needed = [`${own}/main.ts`, ...await filesUnder(PAGES[own])];
    for (const path of needed) assert.ok(ours.has(path), path);
    const known = await neededPackages(entry);
    for (const one of packages) assert.ok(known.has(one), one);
    assert.ok(packages.has("zod"));
    // Half a megabyte of zod is what it says in fifty languages, which the bundler leaves out of what
    // names its parts: `import * as z`.
    assert.deepEqual([...languages], ["en"]);
  });

  Deno.test({
    name: `deno task compile puts the bundle of ${name} into its executable, and changes no source`,
    ignore: !hasStandIn,
    async fn() {
      await using folder = await temporaryFolder();
      const before = await changedSources();
      const args = ["compile", name, "--output", folder.path];
      const { code, text } = await compileOnStandIn(args, STAMP);
      assert.equal(code, 0, text);
      assert.equal(await changedSources(), before);
      assert.match(text, new RegExp(`^${name}\n└[─┬]+ bundles/${name}[/ ]`, "m"));
      const bytes = Buffer.from(await Deno.readFile(`${folder.path}/${name}`));
      assert.ok(bytes.includes("9.8.7-test"), "the version is not in it");
      // What the engine would keep in memory and nobody reads, while names stay for whoever reads a stack.
      const indented = bytes.toString("latin1").split("\n    return ").length - 1;
      assert.ok(indented < 20, `${indented} indented lines`);
      assert.ok(bytes.includes("function messageOf("), "a function has lost its name");
    },
  });

  Deno.test({
    name: `deno task compile bakes into ${name} what it may do, and no more`,
    ignore: !hasStandIn,
    async fn() {
      await using folder = await temporaryFolder();
      const { code, text } = await compileOnStandIn(["compile", name, "--output", folder.path]);
      assert.equal(code, 0, text);
      const baked = bakedInto(await Deno.readFile(`${folder.path}/${name}`));
      const given = Object.entries(baked.permissions)
        .filter(([kind, value]) => /^(allow|ignore)/.test(kind) && value !== null)
        // Some hosts are always in this list, and all are denied.
        .filter(([kind]) => kind !== "allow_import")
        .map(([kind]) => `--${kind.replace("_", "-")}`);
      const flags = program.permissions.filter((flag) => /^--(allow|ignore)/.test(flag))
        .map((flag) => flag.replace(/=.*/, ""));
      assert.deepEqual(given.sort(), flags.sort());
      assert.deepEqual(baked.permissions["deny_import"], []);
      assert.equal(baked.permissions.prompt, false);
      // Beside those of Deno's own.
      assert.deepEqual(baked.v8_flags.slice(baked.v8_flags.length - program.engine.length), [
        ...program.engine,
      ]);
      // Deno's QUIC.
      assert.ok(baked.unstable_config.features.includes("net"));
    },
  });

  Deno.test(`deno task ${own} sets up the engine as the executable does`, async () => {
    const { tasks } = JSON.parse(
      await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
    );
    const flags = tasks[own].command.split(" ").filter((flag: string) => /^--v8-flags/.test(flag));
    assert.deepEqual(flags, engineFlags(program));
  });

  Deno.test(`${name} says everywhere which build it is, and lives when it is bundled`, async () => {
    const environment = { get: (key: string) => STAMP[key as keyof typeof STAMP] } as Deno.Env;
    await using stage = await staged(environment);
    const { stdout } = await runToEnd([...fromSources(program, stage.path), "version"]);
    const lines = `${name} 9.8.7-test\n  commit: abc1234\n  built:  2026-01-02T03:04:05Z\n`;
    assert.equal(stdout, `${lines}  deno:   ${Deno.version.deno}\n`);
    await LIVES[name](await fromBundle(program, stage.path));
    const unstamped = await runToEnd([...fromSources(program), "version"]);
    assert.match(unstamped.stdout, new RegExp(`^${name} dev\n  commit: none\n`));
  });
}

/** A folder with what programs are made of, removed at the end. */
async function staged(environment: Deno.Env = Deno.env) {
  const path = await stageSources(await readStamp(environment));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function textsIn(folder: string): Promise<string> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  return (await Promise.all(files.map(({ name }) => Deno.readTextFile(`${folder}/${name}`))))
    .join();
}

Deno.test("what is built on a date that is given says that date", async () => {
  const environment = new Map([["SOURCE_DATE_EPOCH", "1767323045"]]);
  const stamp = await readStamp({ get: (name: string) => environment.get(name) } as Deno.Env);
  assert.equal(stamp.built, "2026-01-02T03:04:05Z");
});

Deno.test({
  name: "deno task compile refuses Deno itself as a base",
  ignore: !hasStandIn,
  async fn() {
    await using folder = await temporaryFolder();
    const args = ["compile", "qumo-relay", "--output", folder.path];
    const { code, text } = await compileOnStandIn(args, { DENORT_BIN: Deno.execPath() });
    assert.equal(code, 1);
    assert.match(text, /which is Deno itself: it must be denort/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
  },
});

Deno.test({
  name: "deno task release packs what it can, and says for which machines a base is missing",
  ignore: !hasStandIn,
  async fn() {
    await using folder = await temporaryFolder();
    const args = ["release", "--output", folder.path];
    const { code, text } = await compileOnStandIn(args, STAMP);
    const here = `x-9.8.7-test-${Deno.build.target}.tar.gz`;
    const folders = await denoFolders();
    for (const target of TARGETS) {
      const missing = text.includes(`denort of Deno ${Deno.version.deno} for ${target.name}`);
      const base = target.name === Deno.build.target || await findBaseBinary(target, folders);
      assert.equal(missing, base === undefined, target.name);
    }
    assert.equal(code, text.includes("Missing: ") ? 1 : 0);
    const sums = (await Deno.readTextFile(`${folder.path}/SHA256SUMS`)).trim().split("\n");
    for (const { name, example } of PROGRAMS) {
      const archive = here.replace("x", name);
      const bytes = await Deno.readFile(`${folder.path}/${archive}`);
      const sum = createHash("sha256").update(bytes).digest("hex");
      assert.ok(sums.includes(`${sum}  ${archive}`), sums.join("\n"));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      const files = await unpackTar(stream);
      const top = archive.replace(".tar.gz", "");
      assert.deepEqual(files.map(({ header }) => [header.name, header.mode]), [
        [`${top}/${name}`, 0o755],
        [`${top}/${example.replace("configs/", "")}`, 0o644],
        [`${top}/LICENSE`, 0o644],
      ]);
    }
  },
});

/** What git sees changed of what executables are made of. */
async function changedSources(): Promise<string> {
  const sources = ["shared", "relay", "sdn", ".build", "deno.json", "deno.lock"];
  return (await runToEnd(["git", "status", "--porcelain", "--", ...sources])).stdout;
}

async function filesUnder(folders: readonly string[]): Promise<string[]> {
  const found = [];
  for (const folder of folders) {
    for await (const { name, isFile } of Deno.readDir(`${ROOT_PATH}/${folder}`)) {
      // It stands for the shared one, which the page is served.
      if (isFile && name !== "event_reader.js") found.push(`${folder}/${name}`);
    }
  }
  return found;
}

/** The packages that the modules of a program import, and those that these need. */
async function neededPackages(entry: string): Promise<Set<string>> {
  const { stdout } = await runToEnd([Deno.execPath(), "info", "--json", entry]);
  const { modules, npmPackages } = JSON.parse(stdout) as {
    modules: { npmPackage?: string }[];
    npmPackages: Record<string, { name: string; dependencies: string[] }>;
  };
  const needed = new Set<string>();
  const add = (id: string) => {
    if (needed.has(id)) return;
    needed.add(id);
    npmPackages[id]!.dependencies.forEach(add);
  };
  for (const { npmPackage } of modules) if (npmPackage !== undefined) add(npmPackage);
  return new Set(Array.from(needed, (id) => npmPackages[id]!.name));
}
