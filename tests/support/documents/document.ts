import { ROOT } from "../root.ts";
import { lineOf } from "../source/source.ts";

/** A fenced block of a document. */
export interface Block {
  /** `file:line`, for messages. */
  readonly place: string;
  readonly language: string;
  /** What the comment directly above says; undefined where there is none. */
  readonly mark: string | undefined;
  readonly lines: readonly string[];
}

/** A document that somebody wrote: what is generated has a test of its own. */
export interface Document {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Where documents are, beside the README. */
const FOLDERS = [".github", "configs", "relay/docs", "sdn/docs"];

/** Every written document of the project. */
export async function readDocuments(): Promise<Document[]> {
  return Array.from(await readMarkdown())
    .filter(([, text]) => !isGenerated(text))
    .map(([path, text]) => ({ path, text, blocks: blocksOf(path, text) }));
}

/** The paths of the documents that are generated. */
export async function listReferences(): Promise<string[]> {
  return Array.from(await readMarkdown()).filter(([, text]) => isGenerated(text))
    .map(([path]) => path);
}

function isGenerated(text: string): boolean {
  return text.includes("<!-- Made by `deno task docs`");
}

/** Every document by its path, sorted. */
async function readMarkdown(): Promise<Map<string, string>> {
  const paths = ["README.md"];
  for (const folder of FOLDERS) {
    for await (const { name } of Deno.readDir(new URL(folder, ROOT))) {
      if (name.endsWith(".md")) paths.push(`${folder}/${name}`);
    }
  }
  const texts = new Map<string, string>();
  for (const path of paths.sort()) {
    texts.set(path, await Deno.readTextFile(new URL(path, ROOT)));
  }
  return texts;
}

/** The fenced blocks of a Markdown text. */
export function blocksOf(path: string, text: string): Block[] {
  const fenced = text.matchAll(/^( *)```(\w*)\n([^]*?)^\1```$/gm);
  return Array.from(fenced, ({ index, 1: indent, 2: language, 3: body }) => {
    const place = `${path}:${lineOf(text, index)}`;
    if (/^ *```/m.test(body!)) throw new Error(`${place} is never closed`);
    const [, mark] = /(?:^|\n) *<!-- (.+) -->\s*$/.exec(text.slice(0, index)) ?? [];
    const lines = body!.split("\n").slice(0, -1).map((line) => line.slice(indent!.length));
    return { place, language: language!, mark, lines };
  });
}

/** What a document's comment above a block of commands says of them. */
export interface Mark {
  /**
   * - run: they are run, one after the other, and must succeed
   * - serve: each is a program that goes on until the next such block, or the end of the document
   * - watch: they are asked again and again until they answer what stands below them
   * - tested: a test of its own runs them
   * - not run: nothing runs them
   */
  readonly kind: "run" | "serve" | "watch" | "tested" | "not run";
  /** The test of its own, or the reason. */
  readonly by: string;
}

/** Reads the mark of a block of commands; throws a sentence where there is none. */
export function markOf({ place, mark = "" }: Block): Mark {
  const [, plain, word, by = ""] =
    /^(?:(run|serve|watch)|(tested|not run): (.{10,}))$/.exec(mark) ?? [];
  const kind = (plain ?? word) as Mark["kind"] | undefined;
  if (kind !== undefined) return { kind, by };
  throw new Error(
    `${place}: nothing says how these commands are tested. Write a comment above them: ` +
      "<!-- run -->, <!-- serve -->, <!-- watch -->, <!-- tested: FILE --> or <!-- not run: WHY -->",
  );
}

/** A command of a block, and the parts that its answer must have, behind `#>`. */
export interface Step {
  readonly line: string;
  readonly expected: readonly string[];
}

/** The commands of a block, one for each line, or for several that end in a backslash. */
export function stepsOf({ lines }: Block): Step[] {
  const steps: { line: string; expected: string[] }[] = [];
  for (const line of lines.join("\n").replaceAll("\\\n", "").split("\n")) {
    if (line.startsWith("#> ")) steps.at(-1)?.expected.push(line.slice("#> ".length));
    if (line.startsWith("#") || line.trim() === "") continue;
    steps.push({ line: line.replace(/\s+#.*$/, ""), expected: [] });
  }
  return steps;
}
