import type { CellResult } from "./cell.ts";

/** A failure that the documents explain; `any` stands for every dialect or transport. */
export interface Explained {
  readonly publisher: string;
  readonly viewer: string;
  readonly transport: string;
  readonly check: string;
}

/** The cells of a table of Markdown below the row that begins with these words. */
export function tableBelow(page: string, ...head: readonly string[]): string[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => isRow(cellsOf(line), head));
  if (start < 0) throw new Error(`There is no table with the columns ${head.join(", ")}`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith("|"));
  return lines.slice(start + 2, end < 0 ? undefined : end).map(cellsOf);
}

/** The failures that `relay/docs/dialects.md` explains. */
export function explainedIn(page: string): Explained[] {
  return tableBelow(page, "publisher", "viewer", "transport", "check").map(
    ([publisher = "", viewer = "", transport = "", check = ""]) => {
      return { publisher, viewer, transport, check };
    },
  );
}

/** Whether a failed check of a cell is explained. */
export function isExplained(
  { publisher, viewer, transport }: CellResult,
  check: string,
  explained: readonly Explained[],
): boolean {
  const fits = (said: string, is: string) => said === "any" || said === is;
  return explained.some((row) =>
    fits(row.publisher, publisher.protocol) && fits(row.viewer, viewer.protocol) &&
    fits(row.transport, transport) && fits(row.check, check)
  );
}

/** The page that has both tables. */
export function readDialectsPage(): Promise<string> {
  return Deno.readTextFile(new URL("../../relay/docs/dialects.md", import.meta.url));
}

function isRow(cells: readonly string[], head: readonly string[]): boolean {
  return head.every((text, at) => cells[at] === text);
}

function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}
