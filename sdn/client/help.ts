import type { ClientCommand, Flags } from "./command.ts";
import { TARGET_VARIABLES } from "./variables.ts";

/** What each flag beside those of the controller is. */
export const FLAG_HELP: Readonly<Record<keyof Flags, readonly [flag: string, what: string]>> = {
  json: ["--json", "print what the controller answers, for programs"],
  yes: ["-y, --yes", "do not ask"],
  follow: ["-f, --follow", "go on with what happens from now on"],
  explain: ["--explain", "say what the cost of each link is made of"],
  once: ["--once", "look once"],
  since: ["--since ID", "only what came after this event"],
  limit: ["--limit N", "at most so many, 50 if nothing is said"],
  reason: ["--reason TEXT", "why, for logs and events"],
  for: ["--for TIME", "how long it is in force, like 30m, 12h or 7d"],
  relay: ["--relay RELAY", "at this relay alone"],
  sessions: ["--sessions N", "so many sessions"],
  tracks: ["--tracks N", "so many published tracks"],
  ingress: ["--ingress BITS", "so many bits a second in, like 50M"],
  egress: ["--egress BITS", "so many bits a second out, like 2G"],
  regions: ["--regions A,B", "the regions whose relays serve it"],
};

/** The answer of `--help` behind a command. */
export function commandHelp({ name, usage, summary, flags = [] }: ClientCommand): string {
  const rows = [
    ...flags.map((flag) => FLAG_HELP[flag]),
    [
      "--url URL",
      `the controller, http://127.0.0.1:8090 if nothing is said (${TARGET_VARIABLES.url})`,
    ],
    ["--token-file FILE", `the token that is shown to it (${TARGET_VARIABLES.tokenFile})`],
    ["--ca-file FILE", `the authority of its certificate (${TARGET_VARIABLES.caFile})`],
    [
      "--context NAME",
      `a controller of ~/.config/qumo/contexts.yaml (${TARGET_VARIABLES.context})`,
    ],
    ["-h, --help", "print this"],
  ] as const;
  const width = Math.max(...rows.map(([flag]) => flag.length));
  const lines = rows.map(([flag, what]) => `  ${flag.padEnd(width)}  ${what}`);
  return `Usage: qumo-sdn ${name}${usage === "" ? "" : ` ${usage}`}

${summary[0]!.toUpperCase()}${summary.slice(1)}.

Flags
${lines.join("\n")}

Exits with 0 when it is done, 1 when the controller refused or did not answer, 2 for a wrong command
line and 3 when somebody was to be asked and did not agree.
`;
}
