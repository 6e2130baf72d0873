import { systemClock } from "@qumo/shared/runtime";
import { runCommand } from "./cli.ts";
import type { Output } from "./process.ts";

Deno.exit(
  await runCommand(Deno.args, {
    deno: Deno.version.deno,
    clock: systemClock,
    readText: (path) => Deno.readTextFile(path),
    environment: (name) => Deno.env.get(name),
    stdout: output(Deno.stdout),
    stderr: output(Deno.stderr),
    onSignal(signal, act) {
      // Windows has no other that stops a program.
      if (signal === "SIGINT" || Deno.build.os !== "windows") Deno.addSignalListener(signal, act);
    },
    exit: (code) => Deno.exit(code),
  }),
);

function output(stream: typeof Deno.stdout | typeof Deno.stderr): Output {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    write(text) {
      let left = encoder.encode(text);
      try {
        while (left.length > 0) left = left.subarray(stream.writeSync(left));
      } catch {
        // Whoever read it went away, which is no reason to stop.
      }
    },
  };
}
