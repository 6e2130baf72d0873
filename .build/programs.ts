import { relayDefinition } from "../relay/config/definition.ts";
import { sdnDefinition } from "../sdn/config/definition.ts";

/** A program that is made into an executable. */
export interface Program {
  /** The executable's name. */
  readonly name: "qumo-relay" | "qumo-sdn";
  /** Its module, from the root of the project. */
  readonly entry: string;
  /** The file with its configuration that goes into the archive. */
  readonly example: string;
  /** All that it may do, as flags. Whoever runs the executable can grant no more. */
  readonly permissions: readonly string[];
  /** How its engine is set, as flags. */
  readonly engine: readonly string[];
}

const NOTHING_ELSE = [
  // A library that looks for a variable of its own finds that it is not set, instead of ending the program.
  "--ignore-env",
  // Deno would let code be imported from some hosts, and ask whoever sits at the terminal for the rest.
  "--deny-import",
  "--no-prompt",
];

/** The two programs. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "qumo-relay",
    entry: "relay/main.ts",
    example: "configs/relay.yaml",
    permissions: [
      // Peers, neighbours and controllers are wherever the configuration says.
      "--allow-net",
      // So are the configuration itself, certificates and tokens.
      "--allow-read",
      allowEnvironment(relayDefinition.environment),
      ...NOTHING_ELSE,
    ],
    // What a connection holds outside of the heap is freed when its object is collected, and a heap
    // that is told to stay small is collected in time. After 2400 connections that sent garbage and
    // left, a relay has 125 MiB instead of 325 MiB; an object costs no more time on its way.
    engine: ["--v8-flags=--optimize-for-size"],
  },
  {
    name: "qumo-sdn",
    entry: "sdn/main.ts",
    example: "configs/sdn.yaml",
    permissions: [
      "--allow-net",
      "--allow-read",
      // The folder of the store.
      "--allow-write",
      allowEnvironment(sdnDefinition.environment),
      ...NOTHING_ELSE,
    ],
    engine: [],
  },
];

// Exactly the variables that the configuration listens to.
function allowEnvironment(variables: readonly { readonly name: string }[]): string {
  return `--allow-env=${[...new Set(variables.map(({ name }) => name))].join(",")}`;
}
