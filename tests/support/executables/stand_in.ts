import {
  type CommandLine,
  type ProcessEnvironment,
  runToEnd,
} from "../processes/program_process.ts";

/**
 * A harmless program that executables are built on where nothing but their contents is looked at.
 * What comes of it does nothing when it is started.
 */
export const STAND_IN = "/usr/bin/true";

// No base can be downloaded through a proxy that is not there.
const NO_PROXY = "http://127.0.0.1:9";

/** Runs a task that compiles, with the stand-in as the base for this machine and none for others. */
export async function compileOnStandIn(
  args: readonly string[],
  env: ProcessEnvironment["env"] = {},
) {
  // The bundler is downloaded once, which must not fail for want of that proxy.
  await runToEnd([Deno.execPath(), "bundle", "--quiet", import.meta.filename!]);
  const command: CommandLine = [Deno.execPath(), "task", ...args];
  const { code, stdout, stderr } = await runToEnd(command, {
    env: { DENORT_BIN: STAND_IN, NO_COLOR: "1", HTTPS_PROXY: NO_PROXY, ...env },
  });
  return { code, text: stdout + stderr };
}

/** Whether the stand-in is an executable of the kind that a program can be put into. */
export const hasStandIn = Deno.build.os === "linux";
