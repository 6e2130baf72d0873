/** Registers a test; where something it needs is missing it is skipped with the reason in its name. */
export function optionalTest(
  name: string,
  missing: string | undefined,
  test: () => Promise<void> | void,
): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: test,
  });
}

/** Why tests that need this program cannot run here, or undefined when they can. */
export function programMissing(program: string): string | undefined {
  if (isInstalled(program)) return undefined;
  return `there is no ${program} on this machine`;
}

/** The same of a program whose place the variable `NAME_PATH` can say. */
export function executableMissing(name: string, path: string): string | undefined {
  if (isFile(path)) return undefined;
  return `there is no ${name} at ${path}; install it or set ${name.toUpperCase()}_PATH`;
}

/** Whether a program is found where programs are. */
function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => isFile(`${folder}/${program}`));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
