import dockerignore from "@balena/dockerignore";
import { type Copy, DockerfileParser, type Instruction } from "dockerfile-ast";

/** One `FROM` and what follows it. */
export interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, in order. */
export function readStages(text: string): Stage[] {
  const dockerfile = DockerfileParser.parse(text);
  return dockerfile.getFROMs().map((from) => ({
    name: from.getBuildStage()!,
    image: from.getImage()!,
    instructions: dockerfile.getContainingImage(from.getRange()!.start)!.getInstructions(),
  }));
}

/** What every instruction of a kind says, variables left as they are. */
export function argumentsOf({ instructions }: Stage, keyword: string): string[] {
  return instructions.filter((one) => one.getKeyword() === keyword)
    .map((one) => one.getArgumentsContent()!);
}

/** Every pair that `ENV` or `LABEL` sets. */
export function pairsOf(stage: Stage, keyword: "ENV" | "LABEL"): Record<string, string> {
  const pairs = argumentsOf(stage, keyword).flatMap((text) => [
    ...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g),
  ]);
  return Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, quoted ?? plain ?? ""]));
}

/** What is copied into a stage: from another one, or from what the builder was sent. */
export function copiesOf({ instructions }: Stage) {
  return instructions.filter((one) => one.getKeyword() === "COPY").map((one) => {
    const from = (one as Copy).getFlags().find((flag) => flag.getName() === "from")?.getValue();
    return { from, sources: one.getArguments().map((word) => word.getValue()).slice(0, -1) };
  });
}

/** The files under `root` that a builder is sent, by the rules of a `.dockerignore`. */
export async function readContext(root: URL, rules: string): Promise<string[]> {
  const filter = dockerignore.default().add(rules);
  const files: string[] = [];
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      const path = folder + name;
      // None of them is wanted, and they hold more than all the others.
      if (isDirectory && name !== ".git" && name !== "node_modules") await walk(`${path}/`);
      else if (!isDirectory && !filter.ignores(path.slice(2))) files.push(path.slice(2));
    }
  };
  await walk("./");
  return files.sort();
}

/** The variables that a program itself reads, without those of the engine, its telemetry and the C library. */
export function settingsIn(env: Readonly<Record<string, string>>): string[] {
  return Object.keys(env).filter((variable) => !/^(?:DENO|OTEL|MALLOC)_/.test(variable));
}
