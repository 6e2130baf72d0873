/** A program that is through; with an argument there is something that it forgot, which would go on. */
import { endProcess } from "@qumo/shared/runtime";

if (Deno.args.length > 0) setInterval(() => {}, 1_000);
Deno.exitCode = 3;
await endProcess(() => {
  Deno.stdout.writeSync(new TextEncoder().encode("told"));
  Deno.exit();
});
