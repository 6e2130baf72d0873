/** Writes the references of `.docs/reference/` anew: `deno task docs`. */
import { output } from "@qumo/shared/runtime";
import { references } from "./generator/references.ts";

for (const [name, text] of await references()) {
  await Deno.writeTextFile(new URL(`reference/${name}`, import.meta.url), text);
  output(Deno.stdout).write(`.docs/reference/${name}\n`);
}
