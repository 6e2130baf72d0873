/** The keys that a configuration has, by the names its file uses: `cache.max_bytes`. */
export interface ConfigKeys {
  /** Where the value of each key is: `["cache", "maxBytes"]`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** The names inside each section; the file itself is the section without a name. */
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads the keys off the defaults: an object with something in it is a section, everything else a
 * value. `maxBytes` in the program is `max_bytes` in the file.
 */
export function keysOf(defaults: object): ConfigKeys {
  const values = new Map<string, readonly string[]>();
  const sections = new Map<string, readonly string[]>();
  const visit = (section: object, key: string, path: readonly string[]) => {
    sections.set(key, Object.keys(section).map(fileName));
    for (const [name, value] of Object.entries(section)) {
      const inner = joinKey(key, fileName(name));
      if (isSection(value)) visit(value, inner, [...path, name]);
      else values.set(inner, [...path, name]);
    }
  };
  visit(defaults, "", []);
  return { values, sections };
}

/** The value at the path of a key. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}

/** The key of a name inside a section. */
export function joinKey(section: string, name: string | number): string {
  return section === "" ? String(name) : `${section}.${name}`;
}

/** `maxBytes` as the file spells it: `max_bytes`. */
export function fileName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isSection(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.keys(value).length > 0;
}
