import { type Import, type Module, readModule } from "./modules.ts";

/** The members of the workspace; everything else at the top belongs to the tests. */
export const MEMBERS: readonly string[] = ["shared", "relay", "sdn"];

/** The project's modules, and who means whom by which name. */
export class ModuleGraph {
  readonly modules: ReadonlyMap<string, Module>;
  readonly #doors: ReadonlyMap<string, string>;

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
    if (names === "*") {
      const passedOn = this.#passedOn(path).map(({ target, item }) =>
        [target, item.names] as const
      );
      return passedOn.reduce((all, from) => all.union(this.origins(...from)), new Set([path]));
    }
    if (names.length === 0) return new Set([path]);
    return new Set(names.map((name) => [...this.passes(path, name)].at(-1)![0]));
  }

  /** The names that a module exports, its own and those that it passes on. */
  exportsOf(path: string): ReadonlySet<string> {
    const whole = this.#passedOn(path).filter(({ item }) => item.passedOn === "*");
    return whole.reduce(
      (all, { target }) => all.union(this.exportsOf(target)),
      this.namedExports(path),
    );
  }

  /** The same without those of modules that it passes on whole. */
  namedExports(path: string): Set<string> {
    const { code } = this.modules.get(path)?.scan ?? { code: "" };
    const passedOn = this.#passedOn(path).flatMap(({ item }) =>
      item.passedOn === "*" ? [] : [...item.passedOn!.keys()]
    );
    return new Set([...declaredNames(code), ...passedOn]);
  }

  /** Every module that a name comes by from where it is declared, with what it is called there. */
  *passes(path: string, name: string): Iterable<readonly [path: string, name: string]> {
    yield [path, name];
    for (const { target, item } of this.#passedOn(path)) {
      const theirs = item.passedOn === "*" ? name : item.passedOn!.get(name);
      if (theirs !== undefined && this.exportsOf(target).has(theirs)) {
        yield* this.passes(target, theirs);
      }
    }
  }

  #passedOn(path: string): { target: string; item: Import }[] {
    return (this.modules.get(path)?.imports ?? []).flatMap((item) => {
      const target = item.passedOn && this.resolve(path, item.specifier);
      return target === undefined || target === path ? [] : [{ target, item }];
    });
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
