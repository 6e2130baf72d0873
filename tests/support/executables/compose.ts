import { parse } from "yaml";
import { type Program, PROGRAMS } from "../../../.build/programs.ts";
import { pairsOf, readStages } from "./dockerfile.ts";

/** One service of a compose file. */
export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
}

/** A compose file. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

/** A service that is one of our programs, and the variables that its container has. */
export interface OwnService {
  readonly name: string;
  readonly program: Program;
  /** Those of the image, and those of the file, which are stronger. */
  readonly env: Readonly<Record<string, string>>;
}

const FOLDER = new URL("../../../configs/compose/", import.meta.url);
const STAGES = readStages(await Deno.readTextFile(new URL("../../../Dockerfile", import.meta.url)));

/** The compose files, by name. */
export async function readComposeFiles(): Promise<Map<string, ComposeFile>> {
  const files = new Map<string, ComposeFile>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith(".yaml")) continue;
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    files.set(name, parse(text, { merge: true }) as ComposeFile);
  }
  return files;
}

/** The services that run our programs. */
export function ownServices({ services }: ComposeFile): OwnService[] {
  return Object.entries(services).flatMap(([name, { build, environment }]) => {
    const stage = STAGES.find((one) => one.name === build?.target);
    const program = PROGRAMS.find((one) => one.name === `qumo-${build?.target}`);
    if (stage === undefined || program === undefined) return [];
    return { name, program, env: { ...pairsOf(stage, "ENV"), ...environment } };
  });
}

/** The files and folders beside a compose file that a service is given, as they are written there. */
export function mountedPaths({ volumes = [] }: Service): string[] {
  return volumes.map((volume) => volume.split(":")[0]!).filter((path) => path.startsWith("."));
}
