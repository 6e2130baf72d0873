import { keysOf, type LoadedConfig, originText } from "@qumo/shared/runtime";
import type { RelayConfig } from "./types.ts";

/** The answer of `qumo-relay check`: every value in force, and where it comes from. */
export function configReport({ value, origins }: LoadedConfig<RelayConfig>): string {
  const rows = Array.from(keysOf(value).values, ([key, path]) => {
    const origin = origins.get(key);
    return [key, shown(at(value, path)), origin === undefined ? "" : originText(origin)] as const;
  });
  const keyWidth = Math.max(...rows.map(([key]) => key.length));
  const valueWidth = Math.max(...rows.map(([, shownValue]) => shownValue.length));
  return rows.map(([key, shownValue, origin]) =>
    `${key.padEnd(keyWidth)}  ${shownValue.padEnd(valueWidth)}  ${origin}\n`
  ).join("");
}

/** What an operator should know about a configuration that is allowed all the same. */
export function configWarnings({ value, origins }: LoadedConfig<RelayConfig>): string[] {
  const mode = origins.get("auth.mode");
  if (mode?.from === "environment" && mode.name === "INSECURE") {
    return [
      "INSECURE=true: the certificate is made by the relay and everyone may publish and subscribe",
    ];
  }
  return value.auth.mode === "open"
    ? ["auth.mode is open: everyone who can reach the relay may publish and subscribe"]
    : [];
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}

function shown(value: unknown): string {
  return typeof value === "string" && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
}
