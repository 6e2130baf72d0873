import dockerignore from "@balena/dockerignore";
import {
  type Copy,
  DockerfileParser,
  type Instruction,
  type JSONInstruction,
} from "dockerfile-ast";

/** One `FROM` and what follows it. */
export interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** A `COPY`: from another stage, or from what the builder was sent. */
export interface CopyStep {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** The stages of a Dockerfile, in order. */
export function readStages(text: string): Stage[] {
  const dockerfile = DockerfileParser.parse(text);
  const froms = dockerfile.getFROMs();
  const lines = froms.map((from) => from.getRange()!.start.line);
  return froms.map((from, index) => ({
    name: from.getBuildStage()!,
    image: from.getImage()!,
    instructions: dockerfile.getInstructions().filter((instruction) => {
      const { line } = instruction.getRange()!.start;
      return line > lines[index]! && line < (lines[index + 1] ?? Infinity);
    }),
  }));
}

/** What every instruction of a kind says, variables left as they are. */
export function argumentsOf({ instructions }: Stage, keyword: string): string[] {
  return instructions.filter((one) => one.getKeyword() === keyword)
    .map((one) => one.getArgumentsContent()!);
}

/** The last instruction of a kind as the list of words that is executed. */
export function commandOf({ instructions }: Stage, keyword: string): string[] {
  const instruction = instructions.findLast((one) => one.getKeyword() === keyword);
  return (instruction as JSONInstruction).getJSONStrings()
    .map((one) => one.getJSONValue());
}

/** Every pair that `ENV` or `LABEL` sets. */
export function pairsOf(stage: Stage, keyword: "ENV" | "LABEL"): Record<string, string> {
  const pairs = argumentsOf(stage, keyword).flatMap((text) => [
    ...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g),
  ]);
  return Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, quoted ?? plain ?? ""]));
}

/** What is copied into a stage. */
export function copiesOf({ instructions }: Stage): CopyStep[] {
  return instructions.filter((one) => one.getKeyword() === "COPY").map((one) => {
    const words = one.getArguments().map((word) => word.getValue());
    const flag = (one as Copy).getFlags().find((flag) => flag.getName() === "from");
    return {
      from: flag?.getValue() ?? undefined,
      sources: words.slice(0, -1),
      target: words.at(-1)!,
    };
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
