import { keysOf, type LoadedConfig, originText } from "@qumo/shared/runtime";
import type { SdnConfig } from "./settings.ts";

/** The answer of `qumo-sdn check`: every value in force, and where it comes from. */
export function configReport({ value, origins }: LoadedConfig<SdnConfig>): string {
  const rows = Array.from(keysOf(value).values, ([key, path]) => {
    const inner = path.reduce<unknown>(
      (section, name) => (section as Record<string, unknown>)[name],
      value,
    );
    const origin = origins.get(key);
    return [key, JSON.stringify(inner), origin === undefined ? "" : originText(origin)] as const;
  });
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([key, shown, origin]) =>
    `${key.padEnd(widths[0] ?? 0)}  ${shown.padEnd(widths[1] ?? 0)}  ${origin}\n`
  ).join("");
}
