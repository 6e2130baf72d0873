import { type DenoFolders, denoFolders, findBaseBinary, refuseDeno } from "./base_binary.ts";
import { engineFlags, type Program, PROGRAMS } from "./programs.ts";
import { stageSources } from "./stage.ts";
import type { Stamp } from "./stamp.ts";
import type { Target } from "./targets.ts";

/** The base binary for a target is neither on this machine nor to be had. */
export class MissingBase extends Error {
  override readonly name = "MissingBase";
}

// A table in the tests of this package is taken for a module, and is deeper than Deno's stack.
const PACKAGE_WITH_TESTS = "bintrees";

/** Makes executables of the sources as they are now. */
export class Compiler implements AsyncDisposable {
  readonly #stage: string;
  readonly #folders: DenoFolders;
  readonly #excluded: readonly string[];

  private constructor(stage: string, folders: DenoFolders, excluded: readonly string[]) {
    this.#stage = stage;
    this.#folders = folders;
    this.#excluded = excluded;
  }

  /** Copies the sources, stamps them, and fetches the packages that they name. */
  static async create(stamp: Stamp): Promise<Compiler> {
    const stage = await stageSources(stamp);
    try {
      const entries = PROGRAMS.map(({ entry }) => entry);
      if (!await deno(["cache", "--quiet", "--frozen", ...entries], stage)) {
        throw new Error("The packages could not be had");
      }
      const folders = await denoFolders();
      return new Compiler(stage, folders, await testsOfPackages(folders));
    } catch (error) {
      await Deno.remove(stage, { recursive: true });
      throw error;
    }
  }

  /** Writes the executable into a folder; rejects with a {@linkcode MissingBase} when it has no base. */
  async compile(program: Program, target: Target, folder: string): Promise<string> {
    const output = `${folder}/${program.name}${target.suffix}`;
    await Deno.mkdir(folder, { recursive: true });
    const base = await findBaseBinary(target, this.#folders);
    if (base !== undefined) await refuseDeno(base);
    const done = await deno(
      [
        "compile",
        "--frozen",
        // Types are what `deno task check` is for.
        "--no-check",
        "--exclude-unused-npm",
        // What a cache in a folder for everyone holds would be run.
        "--no-code-cache",
        ...this.#excluded.map((path) => `--exclude=${path}`),
        ...program.permissions,
        ...engineFlags(program),
        `--target=${target.name}`,
        `--output=${await Deno.realPath(folder)}/${program.name}${target.suffix}`,
        program.entry,
      ],
      this.#stage,
      target,
    );
    if (done) return output;
    // Deno has tried to download it meanwhile.
    if (await findBaseBinary(target, this.#folders) === undefined) {
      throw new MissingBase(`There is no denort of Deno ${Deno.version.deno} for ${target.name}`);
    }
    throw new Error(`${program.name} could not be compiled for ${target.name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#stage, { recursive: true });
  }
}

async function testsOfPackages({ npmCache }: DenoFolders): Promise<string[]> {
  const found = [];
  for await (const { name: registry } of Deno.readDir(npmCache)) {
    const folder = `${npmCache}/${registry}/${PACKAGE_WITH_TESTS}`;
    const versions = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
    for (const { name, isDirectory } of versions) {
      if (isDirectory) found.push(`${folder}/${name}/test`);
    }
  }
  return found;
}

// The base that DENORT_BIN names is of this machine's kind. OTEL_DENO is baked in, and so it decides
// whether the executable can export telemetry.
async function deno(args: readonly string[], cwd: string, target?: Target): Promise<boolean> {
  const env = Deno.env.toObject();
  delete env["DENO_V8_FLAGS"];
  if (target?.name !== Deno.build.target) delete env["DENORT_BIN"];
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd, env, clearEnv: true });
  const { success } = await command.spawn().status;
  return success;
}
