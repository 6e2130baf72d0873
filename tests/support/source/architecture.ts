import { PLACES, type Row, TABLE } from "./import_table.ts";
import { MEMBERS, type ModuleGraph } from "./module_graph.ts";
import { findCycles, type Import, type Module } from "./modules.ts";
import { lineOf } from "./source.ts";

/** Every breach of the project's architecture, each beginning with its file and line. */
export function findViolations(graph: ModuleGraph): string[] {
  const edges = new Map<string, string[]>();
  const found: string[] = [];
  for (const module of graph.modules.values()) {
    const targets: string[] = [];
    for (const item of module.imports) {
      const target = graph.resolve(module.path, item.specifier);
      if (target === undefined) continue;
      targets.push(target);
      const problems = judgeImport(module.path, item, target, graph);
      found.push(...problems.map((problem) => `${module.path}:${item.line} ${problem}`));
    }
    edges.set(module.path, targets);
    found.push(...findMisplaced(module));
  }
  for (const cycle of findCycles(edges)) {
    found.push(cycle.replace(" -> ", ":1 imports itself through "));
  }
  return found.toSorted();
}

function judgeImport(path: string, item: Import, target: string, graph: ModuleGraph): string[] {
  const [ours, theirs] = [memberOf(path), memberOf(target)];
  if (target === "closed") return [`reaches past a door of the workspace: ${item.specifier}`];
  if (!MEMBERS.includes(ours)) return [];
  if (isTest(target)) return isTest(path) ? [] : [`imports a test: ${target}`];
  if (ours !== "shared" && theirs !== ours && theirs !== "shared") {
    return [`imports the other program: ${target}`];
  }
  if (ours !== theirs && item.specifier.startsWith(".")) {
    return [`reaches past a door of the workspace: ${item.specifier}`];
  }
  if (isTest(path)) return [];
  const row = rowOf(path);
  if (!row) return ["stands in a folder that has no row in the import table"];
  return [...graph.origins(target, item.names)]
    .filter((origin) => !isAllowed(row, origin, item.kind))
    .map((origin) => `may not import ${origin}`);
}

function isAllowed(row: Row, origin: string, kind: Import["kind"]): boolean {
  const { may = [], types = [] } = row;
  return rowOf(origin) === row ||
    [...may, ...kind === "type" ? types : []].some((place) =>
      new RegExp(`^${place}(/|$)`).test(origin)
    );
}

function findMisplaced({ path, source, scan, computedImports }: Module): string[] {
  let code = scan.code;
  for (const { start, text } of scan.literals) {
    if (text.startsWith("node:")) {
      code = code.slice(0, start + 1) + text + code.slice(start + 1 + text.length);
    }
  }
  const places = PLACES.filter(({ where, tests = ANYWHERE }) =>
    ![...where, ...isTest(path) ? tests : []].some((pattern) => pattern.test(path))
  );
  return [
    ...(isTest(path) ? [] : computedImports).map((line) =>
      `${path}:${line} imports by a computed name`
    ),
    ...places.flatMap(({ what, pattern }) =>
      [...code.matchAll(pattern)].map((match) =>
        `${path}:${lineOf(source, match.index)} may not touch ${what}: ${match[0].trim()}`
      )
    ),
  ];
}

const ANYWHERE: readonly RegExp[] = [/(?:)/];

function rowOf(path: string): Row | undefined {
  const folder = path.slice(0, path.lastIndexOf("/"));
  return TABLE.find(({ from, depth }) =>
    path === from || folder === from ||
    (depth === "top" ? folder === `${from}/config` : folder.startsWith(`${from}/`))
  );
}

function memberOf(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

/** Whether a file is a test, or there for tests alone. */
export function isTest(path: string): boolean {
  return /^(tests|\.build)\//.test(path) || /_(?:test|bench)\.ts$/.test(path);
}
