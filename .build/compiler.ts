import { type DenoFolders, denoFolders, findBaseBinary, refuseDeno } from "./base_binary.ts";
import { bundleProgram } from "./bundle.ts";
import { engineFlags, type Program, PROGRAMS } from "./programs.ts";
import { stageSources } from "./stage.ts";
import type { Stamp } from "./stamp.ts";
import type { Target } from "./targets.ts";

/** The base binary for a target is neither on this machine nor to be had. */
export class MissingBase extends Error {
  override readonly name = "MissingBase";
}

/** Makes executables of the sources as they are now. */
export class Compiler implements AsyncDisposable {
  readonly #stage: string;
  readonly #entries: ReadonlyMap<Program, string>;
  readonly #folders: DenoFolders;

  private constructor(
    stage: string,
    entries: ReadonlyMap<Program, string>,
    folders: DenoFolders,
  ) {
    this.#stage = stage;
    this.#entries = entries;
    this.#folders = folders;
  }

  /** Copies the sources, stamps them, and bundles each program with the packages that it names. */
  static async create(stamp: Stamp): Promise<Compiler> {
    const stage = await stageSources(stamp);
    try {
      const entries = new Map<Program, string>();
      for (const program of PROGRAMS) entries.set(program, await bundleProgram(program, stage));
      return new Compiler(stage, entries, await denoFolders());
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
        // What a cache in a folder for everyone holds would be run.
        "--no-code-cache",
        ...program.permissions,
        ...engineFlags(program),
        `--target=${target.name}`,
        `--output=${await Deno.realPath(folder)}/${program.name}${target.suffix}`,
        this.#entries.get(program)!,
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
