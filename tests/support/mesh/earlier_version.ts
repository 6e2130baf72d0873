import { type CommandLine, runToEnd } from "../processes/program_process.ts";
import { ROOT_PATH } from "../root.ts";

/**
 * The version before this one: what a mesh that is upgraded runs. Once there are releases, the tag of
 * the last one.
 */
export const EARLIER = "016ed118";

/** Why it cannot be had, or undefined when it can: its commit is in the history of this clone. */
export function earlierMissing(): string | undefined {
  const args = ["cat-file", "-e", `${EARLIER}^{commit}`];
  try {
    const { success } = new Deno.Command("git", { args, cwd: ROOT_PATH }).outputSync();
    return success ? undefined : `this clone's history does not go back to ${EARLIER}`;
  } catch {
    return "there is no git on this machine";
  }
}

/** The files of the version before, in a folder that is removed with it. */
export class EarlierVersion implements AsyncDisposable {
  /** Its folder, with a slash at the end. */
  readonly root: string;

  private constructor(folder: string) {
    this.root = `${folder}/`;
  }

  /** Unpacks it, and has what it imports at hand. */
  static async unpack(): Promise<EarlierVersion> {
    const version = new EarlierVersion(await Deno.makeTempDir({ prefix: "earlier_" }));
    const { root } = version;
    const archive = `${root}archive.tar`;
    await run(["git", "archive", "--output", archive, EARLIER, "deno.json", "deno.lock", ...PARTS]);
    await run(["tar", "-xf", archive, "-C", root]);
    await run([Deno.execPath(), "cache", "--quiet", "relay/main.ts", "sdn/main.ts"], root);
    return version;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

const PARTS = ["shared", "relay", "sdn"];

async function run(command: CommandLine, cwd = ROOT_PATH): Promise<void> {
  const { code, stderr } = await runToEnd(command, { cwd });
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${stderr}`);
}
