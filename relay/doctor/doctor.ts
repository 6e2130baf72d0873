import { type Clock, StartError } from "@qumo/shared/runtime";
import { type RelayConfig, tlsFetch } from "../config.ts";
import { parseUpstream } from "../config/upstream.ts";
import { openDialer } from "../neighbor_dialer.ts";
import type { Process } from "../process.ts";
import { dial } from "../transport/mod.ts";
import { type Called, type Caller, checkCall } from "./call_check.ts";
import { checkCertificate } from "./certificate_check.ts";
import { checkControllers, type ControllerFindings } from "./controller_check.ts";
import { type Finding, findingText } from "./finding.ts";
import { MAX_CALLED } from "./limits.ts";
import { checkKernel, checkPorts } from "./machine_checks.ts";

/** What was found, as a text, and whether the relay can do its work. */
export interface Report {
  readonly text: string;
  readonly isWell: boolean;
}

/** Looks at everything that a relay with this configuration needs. */
export async function examine(
  config: RelayConfig,
  process: Pick<Process, "clock" | "readText" | "modified" | "tryBind">,
): Promise<Report> {
  const [ports, kernel, certificate, controllers] = await Promise.all([
    checkPorts(config, process),
    checkKernel(process),
    checkCertificate(config, process),
    askControllers(config, process),
  ]);
  const calls = await callAll(config, controllers, await callerOf(config, process));
  const findings = [...ports, ...kernel, certificate, ...controllers.findings, ...calls];
  const count = (level: Finding["level"]) => findings.filter((one) => one.level === level).length;
  const [fails, warns] = [count("fail"), count("warn")];
  const sum = fails + warns === 0
    ? "Nothing is wrong"
    : `${fails} to be mended, ${warns} to be looked at`;
  return { text: `${findings.map(findingText).join("")}\n${sum}\n`, isWell: fails === 0 };
}

async function askControllers(
  config: RelayConfig,
  { clock, readText }: { readonly clock: Clock; readonly readText: Process["readText"] },
): Promise<ControllerFindings> {
  if (config.sdn.urls.length === 0) return { findings: [], neighbors: new Map() };
  const fetching = await tlsFetch(config.sdn.tls, readText);
  if (!fetching.ok) throw new StartError(fetching.refusal, "sdn.tls");
  try {
    return await checkControllers(config, { clock, readText, fetch: fetching.value.fetch });
  } finally {
    fetching.value.close();
  }
}

async function callerOf(
  config: RelayConfig,
  files: Pick<Process, "clock" | "readText" | "modified">,
): Promise<Caller> {
  const { clock } = files;
  const dialer = await openDialer({
    config,
    files,
    clock,
    dial,
    known: { addNeighbor: () => {} },
  });
  return { clock, dial: (target) => dialer.dial(target) };
}

async function callAll(
  { upstream }: RelayConfig,
  { neighbors }: ControllerFindings,
  caller: Caller,
): Promise<Finding[]> {
  const linked = Array.from(neighbors, ([name, { address, certificateSha256 }]): Called => ({
    about: "neighbor",
    name,
    target: { url: address, certificateSha256 },
  }));
  const origins = upstream.map((text): Called => {
    const { url, certificateSha256, protocols } = parseUpstream(text)!;
    const isPinned = certificateSha256 !== undefined;
    return {
      about: "upstream",
      name: "the origin",
      target: { url, certificateSha256, isPinned, ...(protocols && { protocols }) },
    };
  });
  const called = [...linked, ...origins].slice(0, MAX_CALLED);
  return await Promise.all(called.map((one) => checkCall(one, caller)));
}
