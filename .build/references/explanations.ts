/** Keys that a commented configuration explains together, or a section. */
export interface ExplainedKey {
  /** Full names, as `server.cert_file`. */
  readonly keys: readonly string[];
  /** Lines of Markdown; none where the names say everything. */
  readonly text: readonly string[];
  readonly isSection: boolean;
}

/** What the comments of a configuration file say. */
export interface Explanations {
  readonly introduction: readonly string[];
  /** In the order of the file. */
  readonly groups: readonly ExplainedKey[];
}

/**
 * Reads the comments of a configuration file. A comment belongs to the keys below it, up to the next
 * empty line; one between two of them to the key below it alone; the first one of the file is its
 * introduction.
 */
export function readExplanations(yaml: string): Explanations {
  const [first = "", ...blocks] = yaml.trimEnd().split(/\n{2,}/);
  const sections: string[] = [];
  const groups = blocks.flatMap((block) => readBlock(block.split("\n"), sections));
  return { introduction: markdown(commentLines(first)), groups };
}

/** Reads the lines between two empty ones; `sections` are those that are open, and is kept so. */
function readBlock(lines: readonly string[], sections: string[]): ExplainedKey[] {
  const groups: ExplainedKey[] = [];
  let group: { keys: string[]; text: string[]; isSection: boolean } | undefined;
  let comment: string[] = [];
  for (const line of lines) {
    const [, indent = "", rest = ""] = /^( *)(.*)$/.exec(line)!;
    if (rest.startsWith("#")) {
      comment.push(rest.slice(1).replace(/^ /, ""));
      continue;
    }
    const [, name = "", value = ""] = /^(\w+):\s*(.*)$/.exec(rest) ?? [];
    if (name === "") throw new Error(`Neither a comment nor a key: ${line}`);
    sections.length = indent.length / 2;
    const key = [...sections, name].join(".");
    if (value === "") {
      groups.push({ keys: [key], text: markdown(comment), isSection: true });
      sections.push(name);
      group = undefined;
    } else if (group === undefined) {
      groups.push(group = { keys: [key], text: markdown(comment), isSection: false });
    } else {
      group.keys.push(key);
      if (comment.length > 0) group.text.push("", `\`${key}\`: ${comment.join(" ")}`);
    }
    comment = [];
  }
  return groups;
}

function commentLines(block: string): string[] {
  return block.split("\n")
    .filter((line) => !line.startsWith("# yaml-language-server:"))
    .map((line) => line.replace(/^# ?/, ""));
}

/** Comment lines as Markdown: what is indented in them is an example. */
function markdown(lines: readonly string[]): string[] {
  const result: string[] = [];
  let isExample = false;
  const fence = (opens: boolean) => {
    if (opens === isExample) return;
    result.push(...(opens ? ["", "```yaml"] : ["```", ""]));
    isExample = opens;
  };
  for (const line of lines) {
    fence(line.startsWith("  "));
    // Only what is written with a bracket, as `<name>`, could be taken for HTML.
    result.push(isExample ? line.slice(2) : line.replaceAll("<", "&lt;"));
  }
  fence(false);
  return result;
}
