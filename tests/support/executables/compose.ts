import { parse } from "yaml";
import { PROGRAMS } from "../../../.build/programs.ts";
import { type ProgramProcess, startProgram } from "../processes/program_process.ts";
import { RelayProcess } from "../processes/relay_process.ts";
import { temporaryFolder } from "./cases.ts";
import { pairsOf, readStages } from "./dockerfile.ts";
import { fromSources } from "./programs.ts";

/** One service of a compose file. */
export interface Service {
  readonly build?: { readonly context: string; readonly target: string };
  readonly environment?: Readonly<Record<string, string | boolean>>;
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
}

/** A compose file. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
}

const FOLDER = new URL("../../../configs/compose/", import.meta.url);
const STAGES = readStages(await Deno.readTextFile(new URL("../../../Dockerfile", import.meta.url)));

/** The compose files, by name, as they are where none of their variables is set. */
export async function readComposeFiles(): Promise<Map<string, ComposeFile>> {
  const files = new Map<string, ComposeFile>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith(".yaml")) continue;
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const plain = text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
    files.set(name, parse(plain, { merge: true }) as ComposeFile);
  }
  return files;
}

/**
 * The services that are our programs, and the variables that their containers have: those of the image, and
 * those of the file, which are stronger.
 */
export function ownServices({ services }: ComposeFile) {
  return Object.entries(services).flatMap(([name, { build, environment }]) => {
    const stage = STAGES.find((one) => one.name === build?.target);
    const program = PROGRAMS.find((one) => one.name === `qumo-${build?.target}`);
    if (stage === undefined || program === undefined) return [];
    const own = Object.entries(environment ?? {}).map(([key, value]) => [key, `${value}`] as const);
    return [{ name, program, env: { ...pairsOf(stage, "ENV"), ...Object.fromEntries(own) } }];
  });
}

/** The files and folders beside a compose file that a service is given, as they are written there. */
export function mountedPaths({ volumes = [] }: Service): string[] {
  return volumes.map((volume) => volume.split(":")[0]!).filter((path) => path.startsWith("."));
}

/**
 * Starts the controllers and relays of a compose file, with the variables of their containers; `here` is what
 * must be another way for controllers outside of containers.
 */
export async function startNetwork(
  compose: ComposeFile,
  here: Readonly<Record<string, string>> = {},
) {
  await using started = new AsyncDisposableStack();
  const { path } = started.use(await temporaryFolder());
  const controllers = new Map<string, ProgramProcess>();
  const relays = new Map<string, RelayProcess>();
  const services = Object.groupBy(ownServices(compose), ({ program }) => program.name);
  for (const { name, program, env } of services["qumo-sdn"] ?? []) {
    const own = { SDN_ADDR: "127.0.0.1:0", DATA_DIR: `${path}/${name}`, ...here };
    const process = await startProgram(fromSources(program), { env: { ...env, ...own } });
    controllers.set(name, started.use(process));
  }
  const urls = [...controllers.values()].map(({ origin }) => origin);
  for (const { name, program, env } of services["qumo-relay"] ?? []) {
    // What others call it by is where it listens.
    const own = { RELAY_ADDR: "127.0.0.1:0", RELAY_MOQT_ADDR: "", SDN_URL: urls.join() };
    const process = new RelayProcess(fromSources(program), { env: { ...env, ...own } });
    relays.set(name, await started.use(process).ready());
  }
  const ended = started.move();
  return { controllers, relays, [Symbol.asyncDispose]: () => ended.disposeAsync() };
}
