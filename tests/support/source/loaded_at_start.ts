import type { ModuleGraph } from "./module_graph.ts";

/**
 * Everything that `entry` loads before its first line runs: files of ours, itself included, and modules of
 * others as they are named. `late` is what `import()` names, loaded later or never: `file -> module`.
 */
export function loadedAtStart(graph: ModuleGraph, entry: string) {
  const loaded = { files: new Set<string>(), others: new Set<string>(), late: new Set<string>() };
  const visit = (path: string) => {
    if (loaded.files.has(path)) return;
    loaded.files.add(path);
    for (const { specifier, kind } of graph.modules.get(path)?.imports ?? []) {
      const target = graph.resolve(path, specifier);
      if (kind === "late") loaded.late.add(`${path} -> ${target ?? specifier}`);
      else if (kind === "type") continue;
      else if (target === undefined) loaded.others.add(specifier);
      else visit(target);
    }
  };
  visit(entry);
  return loaded;
}
