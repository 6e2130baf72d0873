import { cpuUsage, memoryUsage } from "node:process";
import { endProcess, messageOf, output, parseAddress, systemClock } from "@qumo/shared/runtime";
import { runCommand } from "./cli.ts";
import type { MemberProcess } from "./group.ts";
import type { BinaryOutput } from "./process.ts";
import { SessionServer } from "./session_server.ts";

// Of `deno task relay`, but for what a member must not: it starts no program.
const MEMBER_FLAGS = [
  "--v8-flags=--max-semi-space-size=4",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
];

Deno.exitCode = await runCommand(Deno.args, (parts) => new SessionServer(parts), {
  deno: Deno.version.deno,
  hasQuic: "QuicEndpoint" in Deno,
  clock: systemClock,
  readText: (path) => Deno.readTextFile(path),
  modified: async (path) => (await Deno.stat(path)).mtime?.getTime() ?? 0,
  environment: () => Deno.env.toObject(),
  hostname: () => Deno.hostname(),
  usage() {
    const { user, system } = cpuUsage();
    const { rss, heapUsed } = memoryUsage();
    return { cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapBytes: heapUsed };
  },
  tryBind,
  spawn: spawnMember,
  forgoSpawn: async () => void await Deno.permissions.revoke({ name: "run" }),
  forgoWriting: async () => void await Deno.permissions.revoke({ name: "write" }),
  openInput: async (path) => path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable,
  openOutput,
  stdout: output(Deno.stdout),
  stderr: output(Deno.stderr),
  // The exporter takes logs from here, and from nowhere else.
  // deno-lint-ignore no-console
  exportLine: (level, line) => console[level](line),
  onSignal(signal, act) {
    // Windows has no other signal to stop a program.
    if (signal === "SIGINT" || Deno.build.os !== "windows") Deno.addSignalListener(signal, act);
  },
  exit: (code) => Deno.exit(code),
});
await endProcess(() => Deno.exit());

/** See {@linkcode Process.spawn}. */
function spawnMember(args: readonly string[]): MemberProcess {
  const program = Deno.build.standalone
    ? []
    : ["run", "--no-prompt", ...MEMBER_FLAGS, Deno.mainModule];
  const child = new Deno.Command(Deno.execPath(), { args: [...program, ...args], stdin: "piped" })
    .spawn();
  const { pid, stdin, status } = child;
  const input = stdin.getWriter();
  const ended = status.finally(() => input.close().catch(() => {}));
  return {
    pid,
    ended,
    tell(line) {
      // It has ended otherwise.
      input.write(new TextEncoder().encode(line)).catch(() => {});
    },
    kill(signal) {
      try {
        child.kill(signal);
      } catch {
        // It has ended in this moment.
      }
    },
  };
}

/** See {@linkcode Process.openOutput}. */
async function openOutput(path: string): Promise<BinaryOutput> {
  const file = path === "-"
    ? Deno.stdout
    : await Deno.open(path, { write: true, create: true, truncate: true });
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    },
    close: () => file.close(),
  };
}

/** See {@linkcode Process.tryBind}. */
function tryBind(kind: "udp" | "tcp", address: string): string | undefined {
  const where = parseAddress(address)!;
  try {
    const bound = kind === "tcp"
      ? Deno.listen(where)
      : Deno.listenDatagram({ ...where, transport: "udp" });
    bound.close();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
