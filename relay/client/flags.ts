import { done, messageOf, type Outcome, refused, suggest } from "@qumo/shared/runtime";
import { parseArgs } from "node:util";
import type { ClientCommand, Flags } from "./command.ts";

/** What each flag of a command is. */
const FLAG_HELP: Readonly<Record<keyof Flags, readonly [flag: string, what: string]>> = {
  json: ["--json", "write JSON, for programs"],
  follow: ["-f, --follow", "then print what comes and goes, until Ctrl-C"],
  output: [
    "-o, --output FILE",
    "write to this file; - is stdout, the default where that is a pipe",
  ],
  raw: ["--raw", "write the payloads of TRACK as they come, without reading them"],
  loop: ["--loop", "read the file again and again"],
  "as-fast-as-possible": [
    "--as-fast-as-possible",
    "send a file without waiting for its timestamps",
  ],
  fps: ["--fps N", "frames a second of raw H.264 (default: what the stream says, or 30)"],
  publishers: ["--publishers N", "publishers, each with a session (1)"],
  subscribers: ["--subscribers N", "subscribers of each publisher, each with a session (10)"],
  tracks: ["--tracks N", "tracks of each publisher, which its subscribers all take (1)"],
  size: ["--size BYTES", "bytes of an object (1200)"],
  rate: ["--rate N", "objects a second on each track (30)"],
  group: ["--group N", "objects of a group (30)"],
  duration: ["--duration SECONDS", "how long it is measured (10)"],
  retry: [
    "--retry SECONDS|never",
    "how long to keep reconnecting after a loss (default: no limit)",
  ],
  wait: ["--wait", "wait for a publisher instead of ending when there is none"],
};

/** What the flags are that say how the relay is called. */
const CALL_HELP: readonly (readonly [flag: string, what: string])[] = [
  ["--token-file FILE", "file with the token to send (or set QUMO_TOKEN to the token)"],
  ["--certificate-hash HASH", "accept the certificate with this SHA-256; can be repeated"],
  ["--ca FILE", "trust this authority too"],
  ["--timeout SECONDS", "how long connecting may take (5)"],
  ["--protocol NAME", "offer only this: moqt-18 or 18, moq-lite-06; can be repeated, best first"],
  ["--verbose", "log the session to stderr"],
  ["-h, --help", "print this"],
];

const OPTIONS = {
  json: { type: "boolean", default: false },
  follow: { type: "boolean", short: "f", default: false },
  output: { type: "string", short: "o" },
  raw: { type: "boolean", default: false },
  wait: { type: "boolean", default: false },
  retry: { type: "string" },
  publishers: { type: "string" },
  subscribers: { type: "string" },
  tracks: { type: "string" },
  size: { type: "string" },
  rate: { type: "string" },
  group: { type: "string" },
  duration: { type: "string" },
  loop: { type: "boolean", default: false },
  "as-fast-as-possible": { type: "boolean", default: false },
  fps: { type: "string" },
  "token-file": { type: "string" },
  "certificate-hash": { type: "string", multiple: true },
  ca: { type: "string", multiple: true },
  protocol: { type: "string", multiple: true },
  timeout: { type: "string" },
  verbose: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** A command line of a command. */
export interface Parsed {
  readonly flags: Flags;
  /** The URL, and the words behind it. */
  readonly words: readonly string[];
  readonly tokenFile: string | undefined;
  readonly certificateHashes: readonly string[];
  readonly caFiles: readonly string[];
  readonly protocols: readonly string[];
  readonly timeout: string | undefined;
  readonly isVerbose: boolean;
  readonly isHelp: boolean;
}

/** Parses what stands behind a command, or refuses it with a sentence. */
export function parseFlags(
  command: ClientCommand,
  args: readonly string[],
): Outcome<Parsed, string> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return refused(unknownFlag(args) ?? messageOf(error));
  }
  const { values, positionals: words } = parsed;
  const stray = (Object.keys(FLAG_HELP) as (keyof Flags)[]).find((name) => {
    const value = values[name];
    return value !== undefined && value !== false && !command.flags.includes(name);
  });
  if (stray !== undefined) return refused(`--${stray} does not go with ${command.name}`);
  const [least, most] = command.words;
  if (!values.help) {
    if (words.length > most + 1) return refused(`Unexpected word ${words[most + 1]}`);
    if (words.length < least + 1) {
      return refused(`Say qumo-relay ${command.name} URL${command.usage}`);
    }
  }
  return done({
    flags: values,
    words,
    tokenFile: values["token-file"],
    certificateHashes: values["certificate-hash"] ?? [],
    caFiles: values.ca ?? [],
    protocols: values.protocol ?? [],
    timeout: values.timeout,
    isVerbose: values.verbose,
    isHelp: values.help,
  });
}

function unknownFlag(args: readonly string[]): string | undefined {
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name === undefined || name in OPTIONS) continue;
    const meant = suggest(name, Object.keys(OPTIONS));
    return `Unknown flag --${name}${meant === undefined ? "" : `: did you mean --${meant}?`}`;
  }
  return undefined;
}

/** The answer of `--help` behind a command. */
export function commandHelp({ name, usage, summary, flags }: ClientCommand): string {
  const rows = [...flags.map((flag) => FLAG_HELP[flag]), ...CALL_HELP];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  const lines = rows.map(([flag, what]) => `  ${flag.padEnd(width)}  ${what}`);
  return `Usage: qumo-relay ${name} URL${usage} [FLAGS]

${summary}

URL is https://HOST:PORT/PATH (WebTransport), moqt://HOST:PORT/PATH (QUIC), or http://HOST:PORT/PATH:
WebTransport, accepting the certificate whose hash the relay serves over HTTP. For relays on this
machine that hash is fetched for the other URLs too.

Flags
${lines.join("\n")}

Exits with 0 when it is done, 1 when the relay refused, 2 for a wrong command line, 3 when there was
no session with the relay, or it was lost for good, and 4 when nobody publishes what was asked for.
`;
}
