import { hideSecrets } from "./config_secrets.ts";
import type { FilePosition } from "./config_tree.ts";

/** Where a value in force comes from. */
export type Origin =
  | { readonly from: "default" }
  | { readonly from: "file"; readonly at: FilePosition }
  | { readonly from: "environment"; readonly name: string }
  | { readonly from: "flag"; readonly name: string };

/** A remark about a value, and the place of it. */
export interface Remark {
  readonly origin: Origin;
  readonly text: string;
}

/** An origin as a person reads it: `relay.yaml:3`, `environment RELAY_ADDR`, `--address`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.from) {
    case "default":
      return "default";
    case "file":
      return `${origin.at.file}:${origin.at.line}`;
    case "environment":
      return `environment ${origin.name}`;
    case "flag":
      return origin.name;
  }
}

/** A remark as a line to print, which begins with its place. */
export function remarkLine({ origin, text }: Remark): string {
  return hideSecrets(placed(origin, text));
}

/** Compares by the order of the file; then the environment, the flags, and the defaults. */
export function byPlace(a: Remark, b: Remark): number {
  if (a.origin.from === "file" && b.origin.from === "file") {
    return a.origin.at.line - b.origin.at.line || a.origin.at.column - b.origin.at.column;
  }
  return PLACES.indexOf(a.origin.from) - PLACES.indexOf(b.origin.from);
}

const PLACES = ["file", "environment", "flag", "default"];

function placed(origin: Origin, text: string): string {
  switch (origin.from) {
    case "default":
      return text;
    case "file":
      return `${origin.at.file}:${origin.at.line}:${origin.at.column}: ${text}`;
    case "environment":
    case "flag":
      return `${origin.name}: ${text}`;
  }
}
