import { engineFlags, PROGRAMS } from "../../.build/programs.ts";
import { systemClock } from "@qumo/shared/runtime";
import { generateCertificate } from "../../relay/transport/mod.ts";
import { relayBundle } from "./relay_bundle.ts";
import { startServer } from "./server_process.ts";

/** What a program costs that has started and does nothing: medians of its starts. */
interface StartCost {
  readonly case: "start";
  readonly program: string;
  readonly milliseconds: number;
  readonly residentMiB: number;
  /** Of that, pages of files: Deno's own program, which every Deno of a machine shares. */
  readonly filesMiB: number;
}

/** A program to start. */
interface Subject {
  readonly program: string;
  readonly module: URL;
  readonly args: readonly string[];
}

const STARTS = 5;
const MIB = 2 ** 20;
const ANYWHERE = ["--address", "127.0.0.1:0", "--log-level", "warn"];
const BARE = new URL("./bare.ts", import.meta.url);
const SOURCES = new URL("../../relay/main.ts", import.meta.url);
const RELAY = PROGRAMS.find(({ name }) => name === "qumo-relay")!;
// An executable keeps nothing of what the engine has compiled.
const FLAGS = ["--no-code-cache", ...engineFlags(RELAY)];

/**
 * Starts the relay from its sources and bundled, as the executable has it, in turns with a bare
 * program that only takes QUIC connections.
 */
export async function benchStart(print: (cost: StartCost) => void): Promise<void> {
  const { certificate, key, hash } = await generateCertificate(["127.0.0.1"]);
  const subjects: Subject[] = [
    { program: "bare", module: BARE, args: [certificate, key, hash] },
    { program: "relay, from its sources", module: SOURCES, args: ANYWHERE },
    { program: "relay, bundled as the executable is", module: await relayBundle(), args: ANYWHERE },
  ];
  // What is started for the first time is fetched, or translated from TypeScript.
  for (const subject of subjects) await start(subject);
  const costs = new Map(subjects.map((subject) => [subject, [] as StartCost[]]));
  for (let round = 0; round < STARTS; round++) {
    for (const [subject, found] of costs) found.push(await start(subject));
  }
  for (const [{ program }, found] of costs) {
    const median = (of: (cost: StartCost) => number) => found.map(of).sort((a, b) => a - b)[2]!;
    print({
      case: "start",
      program,
      milliseconds: median(({ milliseconds }) => milliseconds),
      residentMiB: median(({ residentMiB }) => residentMiB),
      filesMiB: median(({ filesMiB }) => filesMiB),
    });
  }
}

async function start({ program, module, args }: Subject): Promise<StartCost> {
  const begin = systemClock.now();
  await using server = await startServer(module, args, { flags: FLAGS });
  const milliseconds = Math.round(systemClock.now() - begin);
  const { resident, anonymous } = await server.memory();
  const inMiB = (bytes: number) => Number((bytes / MIB).toFixed(1));
  return {
    case: "start",
    program,
    milliseconds,
    residentMiB: inMiB(resident),
    filesMiB: inMiB(resident - anonymous),
  };
}
