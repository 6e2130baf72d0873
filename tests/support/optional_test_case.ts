/** Registers a test; where something it needs is missing it is skipped with the reason in its name. */
export function optionalTest(
  name: string,
  missing: string | undefined,
  test: () => Promise<void>,
): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: test,
  });
}

/** Why tests that need this program cannot run here, or undefined when they can: in CI they always do. */
export function programMissing(program: string): string | undefined {
  if (Deno.env.get("CI") === "true" || isInstalled(program)) return undefined;
  return `there is no ${program} on this machine`;
}

/** Whether a program is found where programs are. */
function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
