import { type Import, type Module, readModule } from "./modules.ts";

/** The members of the workspace; everything else at the top belongs to the tests. */
export const MEMBERS: readonly string[] = ["shared", "relay", "sdn"];

/** The project's modules, and who means whom by which name. */
export class ModuleGraph {
  readonly modules: ReadonlyMap<string, Module>;
  readonly #doors: ReadonlyMap<string, string>;
  readonly #exports = new Map<string, ReadonlyMap<string, readonly string[]>>();

  /** `files`: sources and the `deno.json` of `shared`, by path from the root. */
  constructor(files: ReadonlyMap<string, string>) {
    const sources = [...files].filter(([path]) => path.endsWith(".ts"));
    this.modules = new Map(sources.map(([path, source]) => [path, readModule(path, source)]));
    this.#doors = readDoors(files);
  }

  /** A path of ours, "closed" for a file of ours without a door, nothing for other people's modules. */
  resolve(from: string, specifier: string): string | undefined {
    if (specifier.startsWith(".")) return new URL(specifier, `file:///${from}`).pathname.slice(1);
    if (specifier.startsWith("@qumo/")) return this.#doors.get(specifier) ?? "closed";
    return undefined;
  }

  /** The files that declare `names` of `path`, seen through modules that only pass them on. */
  origins(path: string, names: Import["names"]): Set<string> {
    const exports = this.exportsOf(path);
    const declaredAt = (name: string) => exports.get(name)?.at(-1)?.split(" ", 1)[0] ?? path;
    if (names === "*") return new Set([path, ...exports.keys().map(declaredAt)]);
    return new Set(names.length === 0 ? [path] : names.map(declaredAt));
  }

  /**
   * The names that a module exports, each with where it is named on its way, as `path name`, down to where it
   * is declared; what is passed on whole is not named there.
   */
  exportsOf(path: string): ReadonlyMap<string, readonly string[]> {
    const known = this.#exports.get(path);
    if (known !== undefined) return known;
    const exports = new Map<string, readonly string[]>();
    this.#exports.set(path, exports);
    const { scan, imports } = this.modules.get(path) ?? { scan: { code: "" }, imports: [] };
    for (const { specifier, passedOn } of imports) {
      const target = passedOn && this.resolve(path, specifier);
      if (target === undefined) continue;
      const theirs = this.exportsOf(target);
      for (const [name, theirName] of passedOn === "*" ? [] : passedOn!) {
        exports.set(name, [`${path} ${name}`, ...theirs.get(theirName) ?? []]);
      }
      if (passedOn === "*") theirs.forEach((passes, name) => exports.set(name, passes));
    }
    for (const name of declaredNames(scan.code)) exports.set(name, [`${path} ${name}`]);
    return exports;
  }
}

const DECLARATION =
  /\bexport\s+(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const\s+enum|const|let|var|function\s*\*?|class|interface|type|enum|namespace)\s+([\w$]+)/g;
const LIST = /\bexport\s+(?:type\s+)?\{([^}]*)\}(?!\s*from\b)/g;

function* declaredNames(code: string): Iterable<string> {
  for (const [, name] of code.matchAll(DECLARATION)) yield name!;
  for (const [, list] of code.matchAll(LIST)) {
    for (const entry of list!.split(",")) {
      const name = entry.trim().replace(/^type\s+/, "").split(/\s+as\s+/).at(-1);
      if (name) yield name;
    }
  }
}

/** The files of `shared` that others may import, by how they call them; the programs have no such doors. */
function readDoors(files: ReadonlyMap<string, string>): Map<string, string> {
  const { exports = {} } = JSON.parse(files.get("shared/deno.json") ?? "{}");
  return new Map(
    Object.entries<string>(exports).map(([door, file]) =>
      [`@qumo/shared${door.slice(1)}`, `shared${file.slice(1)}`] as const
    ),
  );
}
