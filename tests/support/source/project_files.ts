import { ROOT } from "../root.ts";

const FOLDERS = ["shared/", "relay/", "sdn/", "tests/", ".build/"];

/** The project's sources and its members' `deno.json`, by path from the root. */
export async function readProjectFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      const path = folder + name;
      if (isDirectory && name !== "node_modules") await walk(`${path}/`);
      if (/\.ts$|^deno\.json$/.test(name)) {
        files.set(path, await Deno.readTextFile(new URL(path, ROOT)));
      }
    }
  };
  for (const folder of FOLDERS) await walk(folder);
  return files;
}
