/** Writes the references beside both programs anew: `deno task docs`. */
import { output } from "@qumo/shared/runtime";
import { references } from "./references/references.ts";

for (const [path, text] of await references()) {
  await Deno.writeTextFile(new URL(`../${path}`, import.meta.url), text);
  output(Deno.stdout).write(`${path}\n`);
}
