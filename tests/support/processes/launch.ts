/** How one of our programs is started, apart from its configuration. */
export interface Launch {
  /** For the engine that it runs on. */
  readonly v8Flags?: readonly string[];
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands before its command. */
  readonly prefix?: readonly string[];
}

/** The command that starts a module with these arguments like this. */
export function launchCommand(
  { v8Flags = [], env = {}, prefix = [] }: Launch,
  module: string,
  args: readonly string[],
): { readonly command: string; readonly args: string[]; readonly env: Record<string, string> } {
  const engine = v8Flags.length > 0 ? [`--v8-flags=${v8Flags.join(",")}`] : [];
  const run = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", ...engine];
  const [command, ...rest] = [...prefix, ...run, module, ...args];
  return { command: command!, args: rest, env: { ...env } };
}
