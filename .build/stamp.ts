import type { BuildVersion } from "@qumo/shared/runtime";

/** What an executable says of itself besides its name. */
export type Stamp = Omit<BuildVersion, "name">;

/**
 * What is built, and when: from VERSION, COMMIT and BUILD_DATE where they are set, as in an image that
 * has no history, else from git. SOURCE_DATE_EPOCH, in seconds, makes a build repeatable.
 */
export async function readStamp(environment: Deno.Env): Promise<Stamp> {
  const described = environment.get("VERSION") ||
    await git("describe", "--tags", "--match=v*", "--always", "--dirty");
  return {
    version: described?.replace(/^v(?=\d)/, "") ?? "dev",
    commit: environment.get("COMMIT") || await git("rev-parse", "--short", "HEAD") || "none",
    built: environment.get("BUILD_DATE") || now(environment.get("SOURCE_DATE_EPOCH")),
  };
}

/** The module that a stamp becomes; it stands for `shared/runtime/build_stamp.ts`. */
export function stampModule({ version, commit, built }: Stamp): string {
  const stamp = JSON.stringify({ version, commit, built });
  return `import type { BuildVersion } from "./build_version.ts";\n\n` +
    `export const buildStamp: Omit<BuildVersion, "name"> = ${stamp};\n`;
}

function now(seconds: string | undefined): string {
  const date = seconds ? new Date(Number(seconds) * 1000) : new Date();
  return `${date.toISOString().slice(0, 19)}Z`;
}

// Undefined where there is no git, or no history.
async function git(...args: string[]): Promise<string | undefined> {
  try {
    const cwd = new URL("../", import.meta.url);
    const { success, stdout } = await new Deno.Command("git", { args, cwd, stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
