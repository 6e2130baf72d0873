/** The pages of limits against the bounds that the code has. */
import assert from "node:assert/strict";
import { DEFAULTS as RELAY } from "../../relay/config/definition.ts";
import { DEFAULTS as CONTROLLER } from "../../sdn/config/definition.ts";
import { ROOT } from "../support/root.ts";

const relayPage = await readPage("relay/docs/limits.md");
const sdnPage = await readPage("sdn/docs/limits.md");

for (const path of await listLimitFiles()) {
  // What both programs share is on the relay's page.
  const page = path.startsWith("sdn/") ? sdnPage : relayPage;
  Deno.test(`every bound of ${path} is on the page of limits, with its value`, async () => {
    const bounds: Record<string, unknown> = await import(new URL(path, ROOT).href);
    const rows = rowsOf(page, `\`${path}\``);
    const found = Object.fromEntries(rows.map(([name, value]) => [name, value]));
    const expected = Object.entries(bounds).map(([name, value]) => [name, textOf(value)]);
    assert.deepEqual(found, Object.fromEntries(expected), `Write ${page.path} for ${path}`);
  });
}

for (
  const [program, page, sections] of [
    ["relay", relayPage, pick(RELAY, ["server", "cache", "limits", "delivery", "ingest"])],
    ["controller", sdnPage, pick(CONTROLLER, ["server", "watch"])],
  ] as const
) {
  Deno.test(`every bound in a ${program}'s configuration is on the page, with its default`, () => {
    const rows = rowsOf(page, "## Configured").map(([key, value]) => [key, value]);
    assert.deepEqual(Object.fromEntries(rows), sections);
  });
}

Deno.test("every bound on the pages that a peer can meet says whose it is and what happens", () => {
  const isMax = (name: string) => name.startsWith("MAX_") || name.includes(".max_");
  for (const row of allRows()) {
    const [name = ""] = row;
    if (!isMax(name)) continue;
    const [scope, then, counter] = row.slice(-3);
    assert.ok(scope && then && counter, `${name}: ${row.join(" | ")}`);
  }
});

for (const page of [relayPage, sdnPage]) {
  Deno.test(`every counter in ${page.path} is a metric`, async () => {
    const references = ["relay/docs/metrics.md", "sdn/docs/metrics.md"].map(readPage);
    const metrics = (await Promise.all(references)).map(({ text }) => text).join();
    const named = page.text.match(/`(qumo_\w+)`/g) ?? [];
    assert.ok(named.length > 0);
    assert.deepEqual(named.filter((name) => !metrics.includes(name)), []);
  });
}

interface Page {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

async function readPage(path: string): Promise<Page> {
  return { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
}

async function listLimitFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const program of ["relay", "sdn", "shared"]) await walk(program, found);
  assert.ok(found.length > 0);
  return found.sort();
}

async function walk(folder: string, found: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) await walk(`${folder}/${name}`, found);
    else if (name === "limits.ts") found.push(`${folder}/${name}`);
  }
}

/** The cells of the first table behind a line that is this, names without their marks. */
function rowsOf({ path, text }: Page, line: string): string[][] {
  const lines = text.split("\n");
  const at = lines.indexOf(line);
  assert.ok(at >= 0, `${path} has no line ${line}`);
  const from = lines.findIndex((row, index) => index > at && row.startsWith("|"));
  const to = lines.findIndex((row, index) => index > from && !row.startsWith("|"));
  return lines.slice(from + 2, to).map(cellsOf);
}

function allRows(): string[][] {
  return [relayPage, sdnPage].flatMap(({ text }) => text.split("\n"))
    .filter((line) => line.startsWith("| `")).map(cellsOf);
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
  return [cells[0]!.replaceAll("`", ""), ...cells.slice(1)];
}

/** A bound as the page writes it. */
function textOf(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") {
    return Number(value) < 1 ? String(value) : value.toLocaleString("en");
  }
  return `\`${JSON.stringify(value)}\``;
}

/** The numbers of some sections of a configuration, by their keys in a file. */
function pick(config: object, sections: readonly string[]): Record<string, string> {
  const numbers: [string, string][] = [];
  for (const section of sections) {
    const values = (config as Record<string, Record<string, unknown>>)[section]!;
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === "number") numbers.push([`${section}.${snake(key)}`, textOf(value)]);
    }
  }
  return Object.fromEntries(numbers);
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
