import { readdir } from "node:fs/promises";
import { ROOT } from "../root.ts";

/** The project's sources and its members' `deno.json`, by path from the root. */
export async function readProjectFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const folder of ["shared/", "relay/", "sdn/", "tests/", ".build/"]) {
    for (const name of await readdir(new URL(folder, ROOT), { recursive: true })) {
      if (!/\.ts$|^deno\.json$/.test(name)) continue;
      files.set(folder + name, await Deno.readTextFile(new URL(folder + name, ROOT)));
    }
  }
  return files;
}
