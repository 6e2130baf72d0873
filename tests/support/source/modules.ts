import { lineOf, type Scan, scanSource } from "./source.ts";

/** One `import`, `export ... from` or `import()` of a module. */
export interface Import {
  readonly specifier: string;
  /** The names asked for, as the other module calls them; "*" for all of them, none for effects alone. */
  readonly names: readonly string[] | "*";
  /** "late" is an `import()`: loaded when it is reached, and not with the module. */
  readonly kind: "value" | "type" | "late";
  /** Given on to whoever imports this module: own name by the other module's name, or "*". */
  readonly passedOn?: ReadonlyMap<string, string> | "*";
  readonly line: number;
}

/** A module's surface, as far as questions of architecture need it. */
export interface Module {
  readonly path: string;
  readonly source: string;
  readonly scan: Scan;
  readonly imports: readonly Import[];
  /** Lines of `import()` calls whose target is computed. */
  readonly computedImports: readonly number[];
}

// A clause holds no quote, no semicolon and no second keyword, so no statement before it joins in.
const FROM = /\b(import|export)\b((?:(?!\b(?:import|export)\b)[^"'`;])*?)\bfrom\s*["']/g;
const FOR_EFFECT = /\bimport\s*["']/g;
const CALL = /\bimport\s*\(\s*(.)/g;

/** Reads what a module imports and passes on. */
export function readModule(path: string, source: string): Module {
  const scan = scanSource(source);
  const literalAt = new Map(scan.literals.map((literal) => [literal.start, literal.text]));
  const imports: Import[] = [];
  const computedImports: number[] = [];
  const add = (match: RegExpExecArray, rest: Omit<Import, "specifier" | "line">) => {
    const specifier = literalAt.get(match.index + match[0].length - 1);
    const line = lineOf(source, match.index);
    if (specifier === undefined || specifier.includes("${")) computedImports.push(line);
    else imports.push({ specifier, line, ...rest });
  };
  for (const match of scan.code.matchAll(FROM)) add(match, readClause(match[1]!, match[2]!));
  for (const match of scan.code.matchAll(FOR_EFFECT)) add(match, { names: [], kind: "value" });
  for (const match of scan.code.matchAll(CALL)) add(match, { names: "*", kind: "late" });
  return { path, source, scan, imports, computedImports };
}

/** The circles in which modules import each other, each from its first path and back to it: `a -> b -> a`. */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const cycles = new Set<string>();
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const begin = trail.indexOf(path);
    if (begin !== -1) {
      const cycle = trail.slice(begin);
      const first = cycle.indexOf(cycle.toSorted()[0]!);
      cycles.add([...cycle.slice(first), ...cycle.slice(0, first + 1)].join(" -> "));
    } else if (!finished.has(path)) {
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      finished.add(path);
    }
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

function readClause(keyword: string, clause: string): Omit<Import, "specifier" | "line"> {
  const list = /\{([^}]*)\}/.exec(clause)?.[1];
  const entries = (list ?? "").split(",").map((entry) => entry.trim()).filter(Boolean);
  const pairs = entries.map((entry) => {
    const [theirs = "", ours] = entry.replace(/^type\s+/, "").split(/\s+as\s+/);
    return [ours ?? theirs, theirs] as const;
  });
  const all = /\*/.test(clause.replace(/\{[^}]*\}/, ""));
  const isType = /^\s*type\b/.test(clause) ||
    (entries.length > 0 && entries.every((entry) => /^type\s/.test(entry)));
  const hasDefault = keyword === "import" && /^\s*(?!type\b)[\w$]+/.test(clause);
  const names = all
    ? "*" as const
    : [...pairs.map(([, theirs]) => theirs), ...hasDefault ? ["default"] : []];
  const kind = isType ? "type" : "value";
  if (keyword === "import") return { names, kind };
  return { names, kind, passedOn: all ? "*" : new Map(pairs) };
}
