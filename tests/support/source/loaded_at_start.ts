import type { ModuleGraph } from "./module_graph.ts";

/** What loading a module loads, itself included. */
export interface Loaded {
  /** Files of ours. */
  readonly files: ReadonlySet<string>;
  /** Modules of others, as they are named. */
  readonly others: ReadonlySet<string>;
  /** What is loaded later or never, `file -> module`. */
  readonly late: ReadonlySet<string>;
}

/** Everything that `entry` loads before its first line runs; what `import()` names is not of it. */
export function loadedAtStart(graph: ModuleGraph, entry: string): Loaded {
  const loaded = { files: new Set<string>(), others: new Set<string>(), late: new Set<string>() };
  const visit = (path: string) => {
    if (loaded.files.has(path)) return;
    loaded.files.add(path);
    for (const { specifier, typeOnly, late } of graph.modules.get(path)?.imports ?? []) {
      const target = graph.resolve(path, specifier);
      if (late) loaded.late.add(`${path} -> ${target ?? specifier}`);
      else if (typeOnly) continue;
      else if (target === undefined) loaded.others.add(specifier);
      else visit(target);
    }
  };
  visit(entry);
  return loaded;
}
