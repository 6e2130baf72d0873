import { type LoadedConfig, originText } from "./config_file.ts";
import { keysOf } from "./config_keys.ts";

/** The answer of `check`: every value in force as `show` writes it, and where it comes from. */
export function configReport<T extends object>(
  { value, origins }: LoadedConfig<T>,
  show: (value: unknown) => string = JSON.stringify,
): string {
  const rows = Array.from(keysOf(value).values, ([key, path]) => {
    const origin = origins.get(key);
    return [key, show(at(value, path)), origin === undefined ? "" : originText(origin)] as const;
  });
  const keyWidth = Math.max(...rows.map(([key]) => key.length));
  const valueWidth = Math.max(...rows.map(([, shownValue]) => shownValue.length));
  return rows.map(([key, shownValue, origin]) =>
    `${key.padEnd(keyWidth)}  ${shownValue.padEnd(valueWidth)}  ${origin}\n`
  ).join("");
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}
