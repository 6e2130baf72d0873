import type { LoadedConfig } from "./config_file.ts";
import { keysOf, valueAt } from "./config_keys.ts";
import { type Origin, originText } from "./config_place.ts";
import { hideSecrets, shownValue } from "./config_secrets.ts";

/** The answer of `check`: every value in force, without what is secret, and where it comes from. */
export function configReport<T extends object>({ value, origins }: LoadedConfig<T>): string {
  const rows = Array.from(keysOf(value).values, ([key, path]) => {
    const origin = origins.get(key);
    return [
      key,
      shown(key, valueAt(value, path)),
      origin === undefined ? "" : originText(origin),
    ] as const;
  });
  const keyWidth = Math.max(...rows.map(([key]) => key.length));
  const valueWidth = Math.max(...rows.map(([, shownValue]) => shownValue.length));
  return rows.map(([key, shownValue, origin]) =>
    `${key.padEnd(keyWidth)}  ${shownValue.padEnd(valueWidth)}  ${origin}\n`
  ).join("");
}

/** The answer of `check --json`: the same for programs. */
export function configJson<T extends object>(
  { value, origins }: LoadedConfig<T>,
  warnings: readonly string[],
): string {
  const values = Object.fromEntries(
    Array.from(keysOf(value).values, ([key, path]) => {
      const origin: Origin = origins.get(key) ?? { from: "default" };
      const shown = JSON.parse(shownValue(key, valueAt(value, path)));
      return [key, { value: shown, from: originText(origin) }];
    }),
  );
  return json({ valid: true, problems: [], warnings, values });
}

/** The answer of `check --json` to a configuration that cannot be used. */
export function problemsJson(problems: readonly string[]): string {
  return json({ valid: false, problems: problems.map(hideSecrets), warnings: [], values: {} });
}

function json(report: object): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function shown(key: string, value: unknown): string {
  const text = shownValue(key, value);
  return /^"[\w./:-]+"$/.test(text) ? text.slice(1, -1) : text;
}
