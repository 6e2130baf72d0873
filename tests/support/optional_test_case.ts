import { existsSync } from "node:fs";

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

/**
 * Why tests that need this program cannot run here, or undefined when they can: it is searched where programs
 * are, or is at the path that the variable `NAME_PATH` can say.
 */
export function programMissing(name: string, path?: string): string | undefined {
  if (path === undefined) {
    const folders = (Deno.env.get("PATH") ?? "").split(":");
    if (folders.some((folder) => existsSync(`${folder}/${name}`))) return undefined;
    return `there is no ${name} on this machine`;
  }
  if (existsSync(path)) return undefined;
  return `there is no ${name} at ${path}; install it or set ${name.toUpperCase()}_PATH`;
}
