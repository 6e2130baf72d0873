import { ROOT } from "../root.ts";

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

/** What a document begins with, below its title, when `deno task docs` makes it. */
const GENERATED = "<!-- Made by `deno task docs`";

/** Every written document of the project. */
export async function readDocuments(): Promise<Document[]> {
  const texts = await readMarkdown();
  return Array.from(texts)
    .filter(([, text]) => !text.includes(GENERATED))
    .map(([path, text]) => ({ path, text, blocks: blocksOf(path, text) }));
}

/** The paths of the documents that are generated. */
export async function listReferences(): Promise<string[]> {
  const texts = await readMarkdown();
  return Array.from(texts).filter(([, text]) => text.includes(GENERATED)).map(([path]) => path);
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
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent, language] = /^( *)```(\w*)$/.exec(lines[at]!) ?? [];
    if (indent === undefined || language === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    if (end < 0) throw new Error(`${path}:${at + 1} is never closed`);
    blocks.push({
      place: `${path}:${at + 1}`,
      language,
      mark: markAbove(lines, at),
      lines: lines.slice(at + 1, end).map((line) => line.slice(indent.length)),
    });
    at = end;
  }
  return blocks;
}

function markAbove(lines: readonly string[], at: number): string | undefined {
  const above = lines.slice(0, at).findLast((line) => line.trim() !== "");
  return /^ *<!-- (.+) -->$/.exec(above ?? "")?.[1];
}

/** A command of a block, and the parts that its answer must have, behind `#>`. */
export interface Step {
  readonly line: string;
  readonly expected: readonly string[];
}

/** The commands of a block, one for each line, or for several that end in a backslash. */
export function stepsOf({ lines }: Block): Step[] {
  const steps: { line: string; expected: string[] }[] = [];
  let line = "";
  for (const part of lines) {
    if (part.startsWith("#> ")) steps.at(-1)?.expected.push(part.slice("#> ".length));
    if (part.startsWith("#") || part.trim() === "") continue;
    line += part.replace(/\s+#.*$/, "");
    if (line.endsWith("\\")) {
      line = line.slice(0, -1);
      continue;
    }
    steps.push({ line, expected: [] });
    line = "";
  }
  return steps;
}
