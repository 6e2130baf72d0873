import { cpuUsage, memoryUsage } from "node:process";
import { endProcess, output, systemClock } from "@qumo/shared/runtime";
import { runCommand } from "./cli.ts";

Deno.exitCode = await runCommand(Deno.args, {
  deno: Deno.version.deno,
  clock: systemClock,
  readText: (path) => Deno.readTextFile(path),
  modified: async (path) => (await Deno.stat(path)).mtime?.getTime() ?? 0,
  environment: () => Deno.env.toObject(),
  usage() {
    const { user, system } = cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, residentBytes: memoryUsage().rss };
  },
  stdout: output(Deno.stdout),
  stderr: output(Deno.stderr),
  // The exporter takes logs from here, and from nowhere else.
  // deno-lint-ignore no-console
  exportLine: (level, line) => console[level](line),
  onSignal(signal, act) {
    // Windows has no other that stops a program.
    if (signal === "SIGINT" || Deno.build.os !== "windows") Deno.addSignalListener(signal, act);
  },
  confirm: (question) => Deno.stdin.isTerminal() ? confirm(question) : undefined,
  exit: (code) => Deno.exit(code),
  fetchAs({ authority, certificate: cert, key }) {
    const client = Deno.createHttpClient({
      caCerts: authority === "" ? [] : [authority],
      ...(cert !== "" && { cert, key }),
    });
    return (input, init) => fetch(input, { ...init, client });
  },
});
await endProcess(() => Deno.exit());
