import { configReport as report, type LoadedConfig } from "@qumo/shared/runtime";
import type { RelayConfig } from "./types.ts";

/** The answer of `qumo-relay check`: every value in force, and where it comes from. */
export function configReport(loaded: LoadedConfig<RelayConfig>): string {
  return report(loaded, shown);
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

function shown(value: unknown): string {
  return typeof value === "string" && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
}
