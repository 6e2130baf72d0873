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
  /** How V8 is set up, as flags of its own. */
  readonly engine: readonly string[];
}

const NOTHING_ELSE = [
  // Deno would let code be imported from some hosts, and ask whoever sits at the terminal for the rest.
  "--deny-import",
  "--no-prompt",
];

// MiB of the space for young objects, of which there are two. Almost all that a relay allocates for media
// and a controller for heartbeats is garbage at once, and collecting it costs the same however small the
// space is; left alone V8 makes it 16 MiB, and each grown page of it stays.
const SMALL_YOUNG_SPACE = ["--max-semi-space-size=4"];

/** The two programs. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "qumo-relay",
    entry: "relay/main.ts",
    example: "configs/relay.yaml",
    permissions: [
      // Peers, neighbors and controllers are wherever the configuration says.
      "--allow-net",
      // So are the configuration itself, certificates and tokens.
      "--allow-read",
      // The folders of `cache.disk` and of certificates by ACME; where both are off it gives this up.
      "--allow-write",
      // Variables of every name, so that misspelt ones can be reported.
      "--allow-env",
      // The name that a relay has at its controller when nobody gave it one.
      "--allow-sys=hostname",
      // Itself, once for each of `host.members`; who serves clients gives it up before.
      "--allow-run",
      ...NOTHING_ELSE,
    ],
    engine: SMALL_YOUNG_SPACE,
  },
  {
    name: "qumo-sdn",
    entry: "sdn/main.ts",
    example: "configs/sdn.yaml",
    permissions: [
      "--allow-net",
      "--allow-read",
      // The folders of the store and of certificates.
      "--allow-write",
      "--allow-env",
      ...NOTHING_ELSE,
    ],
    engine: SMALL_YOUNG_SPACE,
  },
];

/** The flags of Deno that such flags of V8 are given with. */
export function engineFlags({ engine }: Pick<Program, "engine">): string[] {
  return engine.length === 0 ? [] : [`--v8-flags=${engine.join(",")}`];
}
