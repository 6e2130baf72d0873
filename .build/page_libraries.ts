/** Writes the libraries of the relay's page anew from their packages: `deno task page`. */
import { output } from "@qumo/shared/runtime";
import { pageLibraries } from "./page/libraries.ts";

for (const [path, text] of await pageLibraries()) {
  await Deno.writeTextFile(new URL(`../${path}`, import.meta.url), text);
  output(Deno.stdout).write(`${path}\n`);
}
