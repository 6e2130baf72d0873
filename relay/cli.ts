import { complain, healthUrl, runProgram, StartError } from "@qumo/shared/runtime";
import {
  configWarnings,
  isGroup,
  memberConfig,
  memberName,
  platformProblem,
  type RelayConfig,
  relayDefinition,
  tlsFetch,
  USAGE,
} from "./config.ts";
import { CLIENT_COMMANDS } from "./client/names.ts";
import type { Process } from "./process.ts";
import type { HostParts, SessionHost } from "./host.ts";
import { serve } from "./serve.ts";
import { serveGroup } from "./serve_group.ts";
import { Starter } from "./starter.ts";
import { version } from "./version.ts";

/** Runs the command of the command line. Returns the exit code; 2 is a usage error. */
export async function runCommand(
  args: readonly string[],
  createHost: (parts: HostParts) => SessionHost,
  process: Process,
): Promise<number> {
  const problem = platformProblem(process.deno, process.hasQuic);
  if (problem !== undefined) return complain(process, problem, 1);
  const [first = "", second = "", ...rest] = args;
  // A member as its group starts it.
  if (first === "member") return await runProgramOf(rest, createHost, asMember(second, process));
  if (first === "token") return await tokenTool(args.slice(1), process);
  if (Object.hasOwn(CLIENT_COMMANDS, first)) {
    // A relay that serves calls nobody in this way.
    const { runClient } = await import("./client/client.ts");
    await process.forgoSpawn();
    return await runClient(args, process);
  }
  return await runProgramOf(args, createHost, process);
}

async function runProgramOf(
  args: readonly string[],
  createHost: (parts: HostParts) => SessionHost,
  process: Process,
): Promise<number> {
  const { hostname } = process;
  return await runProgram(args, {
    version,
    usage: USAGE,
    otherCommands: Object.keys(CLIENT_COMMANDS),
    definition: relayDefinition,
    warnings: configWarnings,
    logFields: (config) =>
      config.host.member === 0 ? {} : { relay: memberName(config, config.host.member, hostname) },
    healthUrl: (config) => healthUrl(memberConfig(config, hostname).server.address),
    async serve(config, log, reload) {
      if (isGroup(config)) return await serveGroup(config, args, { log, process });
      await process.forgoSpawn();
      if (!writesFiles(config)) await process.forgoWriting();
      return await serve(config, { createHost, reload, log, process });
    },
    async doctor(config) {
      const { examine } = await import("./doctor/doctor.ts");
      return await examine(memberConfig(config, hostname), process);
    },
    async explain({ auth }, token) {
      const { explainToken } = await import("./access/explain.ts");
      const fetching = await tlsFetch(auth, process.readText);
      if (!fetching.ok) throw new StartError(fetching.refusal, "auth.ca_file");
      try {
        return await explainToken(auth, token, { ...process, fetch: fetching.value.fetch });
      } finally {
        fetching.value.close();
      }
    },
  }, process);
}

/** The process of a member: it drains when its group is gone, as at SIGTERM. */
function asMember(member: string, process: Process): Process {
  const starter = new Starter(process.openInput("-"));
  return {
    ...process,
    starter,
    environment: () => ({ ...process.environment(), QUMO_HOST_MEMBER: member }),
    onSignal(signal, act) {
      process.onSignal(signal, act);
      if (signal === "SIGTERM") void starter.gone.then(act);
    },
  };
}

/** Whether a relay with this configuration keeps anything. */
function writesFiles({ acme, cache }: RelayConfig): boolean {
  return acme.domains.length > 0 || cache.disk.folder !== "";
}

/** Runs `token`; nothing of it needs a configuration. */
async function tokenTool(words: readonly string[], process: Process): Promise<number> {
  const { runTokenTool } = await import("./access/token_tool.ts");
  const result = await runTokenTool(words, process);
  if (!result.ok) {
    return complain(process, `${result.refusal}\nTry ${version.name} token --help`, 2);
  }
  process.stdout.write(result.value);
  return 0;
}
