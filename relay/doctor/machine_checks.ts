import { askHealth, askOwn, healthUrl } from "@qumo/shared/runtime";
import type { RelayConfig } from "../config.ts";
import type { Process } from "../process.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { OPEN_FILES, RECEIVE_BUFFER } from "./limits.ts";

/** What the machine is looked at with. */
export type MachineParts = Pick<Process, "clock" | "tryBind" | "readText">;

/** Whether the relay's ports can be had, or are a relay's that runs already. */
export async function checkPorts(
  { server }: Pick<RelayConfig, "server">,
  { clock, tryBind }: MachineParts,
): Promise<Finding[]> {
  const running = await askHealth(healthUrl(server.address), clock, askOwn);
  if (running.ready) return [ok("port", `a relay runs at ${server.address} and is ready`)];
  return (["udp", "tcp"] as const).map((kind) => {
    const reason = tryBind(kind, server.address);
    const port = `${kind.toUpperCase()} ${server.address}`;
    return reason === undefined
      ? ok("port", `${port} is free`)
      : fail("port", `${port} cannot be had: ${reason}`, portAdvice(reason));
  });
}

function portAdvice(reason: string): string {
  return /permission/i.test(reason)
    ? "Ports below 1024 need CAP_NET_BIND_SERVICE, or choose another one in server.address."
    : "End the program that has it, or choose another port in server.address.";
}

/** Whether the kernel lets the process have the buffers and the files that it will need. */
export async function checkKernel({ readText }: MachineParts): Promise<Finding[]> {
  const [buffer, files] = await Promise.all([
    read(readText, "/proc/sys/net/core/rmem_max"),
    read(readText, "/proc/self/limits"),
  ]);
  return [...bufferFinding(buffer), ...filesFinding(files)];
}

function bufferFinding(text: string | undefined): Finding[] {
  const bytes = Number(text);
  if (text === undefined || Number.isNaN(bytes)) return [];
  const about = "UDP receive buffer";
  if (bytes >= RECEIVE_BUFFER) return [ok(about, `up to ${bytes} bytes`)];
  const advice =
    `sysctl -w net.core.rmem_max=${RECEIVE_BUFFER} net.core.wmem_max=${RECEIVE_BUFFER}` +
    ", and the same in /etc/sysctl.d.";
  return [warn(about, `the kernel gives ${bytes} bytes at most: bursts may be lost`, advice)];
}

function filesFinding(text: string | undefined): Finding[] {
  const soft = /^Max open files\s+(\d+)/m.exec(text ?? "")?.[1];
  if (soft === undefined) return [];
  if (Number(soft) >= OPEN_FILES) return [ok("open files", `up to ${soft}`)];
  return [warn(
    "open files",
    `the process may have ${soft}: connections over TCP may be refused`,
    "ulimit -n 65536, or LimitNOFILE=65536 in the unit of systemd.",
  )];
}

/** A file that only some systems have. */
async function read(
  readText: MachineParts["readText"],
  path: string,
): Promise<string | undefined> {
  try {
    return (await readText(path)).trim();
  } catch {
    return undefined;
  }
}
