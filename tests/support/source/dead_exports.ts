import { MEMBERS, type ModuleGraph } from "./module_graph.ts";
import { isTest } from "./architecture.ts";

/**
 * Exports of the programs that no other module asks for, as `path name`. A type that a module's own
 * exports are described with may stand alone: whoever calls them reads it, and seldom has to name it.
 * What a door passes on whole, limits say, is asked for where it is declared.
 */
export function findDeadExports(graph: ModuleGraph): string[] {
  const used = new Set<string>();
  for (const module of graph.modules.values()) {
    for (const { specifier, names, passedOn } of module.imports) {
      const target = graph.resolve(module.path, specifier);
      // What is only passed on is used when somebody asks for it there.
      if (target === undefined || target === "closed" || passedOn !== undefined) continue;
      const exports = graph.exportsOf(target);
      for (const name of names === "*" ? exports.keys() : names) {
        for (const pass of exports.get(name) ?? []) used.add(pass);
      }
    }
  }
  return [...graph.modules.values()]
    .filter(({ path }) => MEMBERS.includes(path.split("/", 1)[0]!) && !isTest(path))
    .flatMap(({ path, scan }) =>
      [...graph.exportsOf(path)]
        .filter(([name, [first]]) => first === `${path} ${name}` && !describes(name, scan.code))
        .map(([, [first]]) => first!)
    )
    .filter((pass) => !used.has(pass))
    .toSorted();
}

function describes(type: string, code: string): boolean {
  const isDeclared = new RegExp(`\\bexport\\s+(?:interface|type)\\s+${type}\\b`).test(code);
  return isDeclared && [...code.matchAll(new RegExp(`\\b${type}\\b`, "g"))].length > 1;
}
