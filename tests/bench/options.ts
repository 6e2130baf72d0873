import { parseArgs } from "node:util";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { CASE_NAMES } from "./cases.ts";

/** What the command line asks for. */
export interface BenchOptions {
  readonly help: boolean;
  /** Undefined: all of them. */
  readonly caseName: string | undefined;
  /** Seconds that each run is measured for. */
  readonly seconds: number;
  readonly quick: boolean;
  /** Where JSON lines go as well. */
  readonly jsonFile: string | undefined;
  readonly profile: boolean;
  /** The controller instead of the relay. */
  readonly sdn: boolean;
  /** Several relays instead of one. */
  readonly mesh: boolean;
  /** Sessions with a token beside ones without. */
  readonly access: boolean;
  /** What a start costs. */
  readonly start: boolean;
  /** Members of a machine beside one relay. */
  readonly members: boolean;
  /** An encoder's stream over MoQ and over HLS. */
  readonly media: boolean;
  /** How soon what is revoked is cut everywhere in a mesh. */
  readonly revocations: boolean;
  /** Routes over meshes that exist on paper alone. */
  readonly layouts: boolean;
  /** Relays of the controller that is measured; undefined: what a single request costs. */
  readonly size: number | undefined;
  /** Announces of all those relays, for the case of the directory alone. */
  readonly announces: number | undefined;
  /** How often the mesh's relay in the middle is killed. */
  readonly kills: number;
  /** How often each order of {@linkcode revocations} is given. */
  readonly rounds: number;
}

// A case is three runs; with this the longest set of cases still ends within the hour.
const MAX_SECONDS = 120;
const KILLS = 50;
const QUICK_KILLS = 5;
const MAX_KILLS = 1000;
const ROUNDS = 50;
const QUICK_ROUNDS = 5;
// The revocations of all of them have to fit into a controller.
const MAX_ROUNDS = 1000;
// Two connections each, and one address may have 2000.
const MAX_SIZE = 990;
// As many as a controller keeps, with room for what is announced meanwhile.
const MAX_ANNOUNCES = 150_000;

/** The answer of `deno task bench --help`. */
export const USAGE = `Usage: deno task bench [FLAGS]

Runs a relay in a process of its own against publishers and readers in this one, and beside each
case its floor: the same bytes to as many connections from a bare loop without a relay. Each case is
measured between two runs of its floor. Prints a line of JSON for each case and a table of all.

  --case NAME     only this one: ${CASE_NAMES.join(", ")}
  --seconds N     measure each run for so long, 10 if nothing is said
  --quick         fewer cases, 3 seconds each
  --json FILE     write the lines of JSON to a file as well
  --profile       run the relay under V8's profiler, which slows it down; print where its time goes
  --sdn           the controller instead: heartbeats over HTTP on each store, beside a bare server;
                  changes on their way to watchers, and between three controllers
  --size N        with --sdn: so many relays that beat every 5 seconds and follow one controller:
                  what their start, quiet, noise, announces, a death and their return cost it
  --announces N   with --size: so many announces of all of them, followed by interest and as a whole:
                  memory, the bytes of the start, and what changes cost at 100 and 1000 a second
  --mesh          several relays: latency and CPU of a hop, gaps after kills, time until all relays
                  know of a change, with 20 and 100 of them
  --access        what a session with a token costs to set up, beside one without
  --start         time and memory of a relay that has started, from its sources and bundled as the
                  executable is, beside a program that only takes QUIC connections
  --members       two members of a machine beside one relay, each held to a quarter of a core by a
                  control group (version 1, as root): the most readers at the same p99
  --media         a stream from ffmpeg by RTMP, over MoQ and over HLS: how old a picture is that Chromium
                  shows, and what 100 players of HLS take, beside 100 subscribers
  --layouts       meshes over a region, a continent and a planet, by simulation: hops, round-trip times,
                  and what the death of a relay changes
  --revocations   a mesh of three: the time from an order (revocation by token, subject, tenant or
                  relay, kick, policy) to the end of a publisher, a viewer and an encoder
  --rounds N      how often each order for --revocations, ${ROUNDS} if nothing is said, ${QUICK_ROUNDS} with --quick
  --kills N       how many kills for --mesh, ${KILLS} if nothing is said, ${QUICK_KILLS} with --quick
  -h, --help      print this
`;

/** Understands the command line, or refuses with a sentence. */
export function parseOptions(args: readonly string[]): Outcome<BenchOptions, string> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        case: { type: "string" },
        seconds: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "string" },
        profile: { type: "boolean", default: false },
        sdn: { type: "boolean", default: false },
        mesh: { type: "boolean", default: false },
        access: { type: "boolean", default: false },
        start: { type: "boolean", default: false },
        members: { type: "boolean", default: false },
        media: { type: "boolean", default: false },
        layouts: { type: "boolean", default: false },
        revocations: { type: "boolean", default: false },
        rounds: { type: "string" },
        kills: { type: "string" },
        size: { type: "string" },
        announces: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const {
    case: caseName,
    quick,
    help,
    profile,
    json,
    sdn,
    mesh,
    access,
    members,
    media,
    layouts,
    revocations,
    start,
  } = values;
  if (caseName !== undefined && !CASE_NAMES.includes(caseName)) {
    return refused(`Unknown case ${caseName}: ${CASE_NAMES.join(", ")}`);
  }
  if (sdn && (caseName !== undefined || json !== undefined || profile)) {
    return refused("--sdn goes with --seconds, --size and --quick alone");
  }
  if (mesh && (sdn || caseName !== undefined || json !== undefined || profile)) {
    return refused("--mesh goes with --seconds, --kills and --quick alone");
  }
  if (access && (sdn || mesh || caseName !== undefined || json !== undefined || profile)) {
    return refused("--access goes with --seconds and --quick alone");
  }
  if (members && [sdn, mesh, access, layouts, profile, caseName, json].some(Boolean)) {
    return refused("--members goes with --seconds and --quick alone");
  }
  if (media && [sdn, mesh, access, members, layouts, profile, caseName, json].some(Boolean)) {
    return refused("--media goes with --seconds and --quick alone");
  }
  if (start && args.length > 1) return refused("--start goes with nothing else");
  if (layouts && args.length > 1) return refused("--layouts goes with nothing else");
  const others = [sdn, mesh, access, members, media, layouts, profile, caseName, json];
  if (revocations && (others.some(Boolean) || values.seconds !== undefined)) {
    return refused("--revocations goes with --rounds and --quick alone");
  }
  if (values.rounds !== undefined && !revocations) {
    return refused("--rounds goes with --revocations");
  }
  const rounds = Number(values.rounds ?? (quick ? QUICK_ROUNDS : ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    return refused(`--rounds is a whole number from 1 to ${MAX_ROUNDS}`);
  }
  const kills = Number(values.kills ?? (quick ? QUICK_KILLS : KILLS));
  if (!Number.isInteger(kills) || kills < 1 || kills > MAX_KILLS) {
    return refused(`--kills is a whole number from 1 to ${MAX_KILLS}`);
  }
  if (values.kills !== undefined && !mesh) return refused("--kills goes with --mesh");
  const size = values.size === undefined ? undefined : Number(values.size);
  if (size !== undefined && !sdn) return refused("--size goes with --sdn");
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= MAX_SIZE)) {
    return refused(`--size is a whole number from 1 to ${MAX_SIZE}`);
  }
  const announces = values.announces === undefined ? undefined : Number(values.announces);
  if (announces !== undefined && size === undefined) return refused("--announces goes with --size");
  const isFew = announces === undefined ||
    Number.isInteger(announces) && announces >= (size ?? 1) && announces <= MAX_ANNOUNCES;
  if (!isFew) return refused(`--announces is a whole number from --size to ${MAX_ANNOUNCES}`);
  const seconds = Number(values.seconds ?? (quick ? 3 : 10));
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    return refused(`--seconds is a whole number from 1 to ${MAX_SECONDS}`);
  }
  const sizes = { size, announces };
  return done({
    help,
    caseName,
    seconds,
    quick,
    jsonFile: json,
    profile,
    sdn,
    mesh,
    access,
    start,
    members,
    media,
    layouts,
    revocations,
    kills,
    rounds,
    ...sizes,
  });
}
