import { bundleProgram } from "../../.build/bundle.ts";
import { PROGRAMS } from "../../.build/programs.ts";
import { stageSources } from "../../.build/stage.ts";
import { readStamp } from "../../.build/stamp.ts";

const RELAY = PROGRAMS.find(({ name }) => name === "qumo-relay")!;

let made: Promise<URL> | undefined;

/** The relay as its executable holds it, made once and removed when this process ends. */
export function relayBundle(): Promise<URL> {
  made ??= bundle();
  return made;
}

async function bundle(): Promise<URL> {
  const stage = await stageSources(await readStamp(Deno.env));
  globalThis.addEventListener("unload", () => Deno.removeSync(stage, { recursive: true }));
  const entry = await bundleProgram(RELAY, stage);
  // Deno parses what it has not seen yet, for which the first start alone would keep 50 MiB.
  const args = ["cache", "--quiet", entry];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: stage }).output();
  if (!success) throw new Error(`deno ${args.join(" ")} failed`);
  return new URL(`file://${stage}/${entry}`);
}
