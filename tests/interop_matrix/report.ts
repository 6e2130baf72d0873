import type { CellResult, Speaker, Verdict } from "./cell.ts";
import { MATRIX_TRANSPORTS } from "./client.ts";

/** A speaker in a row or column: the dialect, and the client where there are several. */
export function nameOf({ protocol, client }: Speaker): string {
  return client.name === "scripted" ? protocol : `${protocol} ${client.name}`;
}

/** The failures of a cell: check and reason. */
export function failuresOf({ verdicts }: CellResult): { check: string; reason: string }[] {
  return [...verdicts].flatMap(([check, verdict]) =>
    verdict !== undefined && "failed" in verdict ? [{ check, reason: verdict.failed }] : []
  );
}

/** The matrix as text: one table for each transport, publishers down and viewers across. */
export function matrixText(results: readonly CellResult[]): string {
  const tables = MATRIX_TRANSPORTS.flatMap((transport) => {
    const cells = results.filter((cell) => cell.transport === transport);
    return cells.length === 0 ? [] : [`${transport}\n${tableText(cells)}`];
  });
  return `${tables.join("\n\n")}\n\n${LEGEND}\n`;
}

const LEGEND =
  "Publishers down, viewers across. ok: every check passed; -n: n of them are about what one of the\n" +
  "two cannot say; FAIL n: n failed.";

function tableText(cells: readonly CellResult[]): string {
  const columns = [...new Set(cells.map(({ viewer }) => nameOf(viewer)))];
  const rows = [...new Set(cells.map(({ publisher }) => nameOf(publisher)))];
  const lines = rows.map((row) => [
    row,
    ...columns.map((column) => {
      const cell = cells.find(({ publisher, viewer }) =>
        nameOf(publisher) === row && nameOf(viewer) === column
      );
      return cell === undefined ? "" : cellText(cell);
    }),
  ]);
  return aligned([["", ...columns], ...lines]);
}

function cellText(cell: CellResult): string {
  const failed = failuresOf(cell).length;
  if (failed > 0) return `FAIL ${failed}`;
  const unsaid = [...cell.verdicts.values()].filter(isUnsayable).length;
  return unsaid === 0 ? "ok" : `ok -${unsaid}`;
}

function isUnsayable(verdict: Verdict): boolean {
  return verdict !== undefined && "unsayable" in verdict;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows
    .map((row) => row.map((text, at) => text.padEnd(widths[at]!)).join("  ").trimEnd())
    .join("\n");
}
