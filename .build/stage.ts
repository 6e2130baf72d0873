import { type Stamp, stampModule } from "./stamp.ts";

const ROOT = new URL("../", import.meta.url);
const SOURCES = ["deno.json", "deno.lock", "shared", "relay", "sdn"];
const STAMPED = "shared/runtime/build_stamp.ts";

/**
 * Makes a folder of what programs are compiled from: the sources without their tests, and the stamp in
 * its place. The work tree stays as it is, and a program that leans on a test does not compile.
 */
export async function stageSources(stamp: Stamp): Promise<string> {
  const stage = await Deno.makeTempDir({ prefix: "qumo_build_" });
  for (const source of SOURCES) await copy(source, stage);
  await Deno.writeTextFile(`${stage}/${STAMPED}`, stampModule(stamp));
  return stage;
}

async function copy(path: string, stage: string): Promise<void> {
  const from = new URL(path, ROOT);
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, `${stage}/${path}`);
  await Deno.mkdir(`${stage}/${path}`);
  for await (const { name } of Deno.readDir(from)) {
    if (!/_(test|bench)\.ts$|^node_modules$/.test(name)) await copy(`${path}/${name}`, stage);
  }
}
