import { done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import type { ServerEvent } from "@qumo/shared/topology";
import * as z from "zod";
import type { MirroredRelay, NextHopLine } from "./mirror_view.ts";

/** An event of a controller's event stream, as the mirror reads it. */
export type MirrorEvent =
  /** Part of a snapshot: every relay. */
  | { readonly kind: "graph"; readonly relays: readonly MirroredRelay[] }
  /** Part of a snapshot: some of the announces. */
  | { readonly kind: "announces"; readonly entries: readonly Announce[] }
  | { readonly kind: "relay"; readonly relay: MirroredRelay }
  | { readonly kind: "gone"; readonly relay: string }
  | { readonly kind: "announce" | "withdraw"; readonly announce: Announce }
  | {
    readonly kind: "routes";
    readonly lines: readonly (readonly [target: string, line: NextHopLine])[];
    readonly removed: readonly string[];
  }
  /** The snapshot is complete; changes follow. */
  | { readonly kind: "ready"; readonly revision: number }
  /** How the stream is named, and whether it tells of all announces or of those asked for. */
  | { readonly kind: "watcher"; readonly watcher: string; readonly follows: "all" | "interests" }
  /** What changes of the interests up to this one added has been told. */
  | { readonly kind: "interests"; readonly number: number }
  /**
   * The requested revision is no longer in the controller's history: the next stream must start
   * with a snapshot.
   */
  | { readonly kind: "history_gone" };

/** An announce and the relay that has it. */
export interface Announce {
  readonly relay: string;
  readonly text: string;
}

// A state that is not in this list, of a newer controller for example, means that the relay is
// away.
const presentStates = ["registered", "draining", "unreachable"];
const state = z.string().transform((state) => state === "draining" ? "draining" : "alive");
const certificate = z.string().regex(/^[0-9a-f]{64}$/).optional();
const announce = z.object({ relay: z.string(), track: z.string() })
  .transform(({ relay, track }): Announce => ({ relay, text: track }));

// Unknown keys are ignored, so that a newer controller may add some.
const readers: Readonly<Record<string, z.ZodType<MirrorEvent>>> = {
  graph: z.object({
    nodes: z.array(z.object({
      id: z.string(),
      region: z.string(),
      address: z.string().default(""),
      certificate_sha256: certificate,
      state: z.string(),
    })),
  }).transform(({ nodes }) => ({
    kind: "graph",
    relays: nodes.flatMap(({ id, state, certificate_sha256, ...node }) =>
      presentStates.includes(state)
        ? [{
          ...node,
          name: id,
          state: state === "draining" ? "draining" as const : "alive" as const,
          certificateSha256: certificate_sha256,
        }]
        : []
    ),
  })),
  announces: z.object({ entries: z.array(announce) })
    .transform(({ entries }) => ({ kind: "announces", entries })),
  relay: z.object({
    relay: z.string(),
    region: z.string(),
    address: z.string(),
    certificate_sha256: certificate,
    epoch: z.number().optional(),
    state,
  }).transform(({ relay: name, certificate_sha256, ...relay }) => ({
    kind: "relay",
    relay: { ...relay, name, certificateSha256: certificate_sha256 },
  })),
  gone: z.object({ relay: z.string() }).transform(({ relay }) => ({ kind: "gone", relay })),
  announce: announce.transform((announce) => ({ kind: "announce", announce })),
  withdraw: announce.transform((announce) => ({ kind: "withdraw", announce })),
  routes: z.object({
    routes: z.record(
      z.string(),
      z.object({ next_hop: z.string(), alternate: z.string().optional(), cost: z.number() }),
    ),
    removed: z.array(z.string()).default([]),
  }).transform(({ routes, removed }) => ({
    kind: "routes",
    lines: Object.entries(routes).map(([target, { next_hop: nextHop, alternate, cost }]) =>
      [target, { nextHop, alternate, cost }] as const
    ),
    removed,
  })),
  ready: z.object({ revision: z.int().nonnegative() })
    .transform(({ revision }) => ({ kind: "ready", revision })),
  watcher: z.object({ watcher: z.string(), follows: z.enum(["all", "interests"]) })
    .transform((said) => ({ kind: "watcher", ...said })),
  interests: z.object({ number: z.int() }).transform(({ number }) => ({
    kind: "interests",
    number,
  })),
  history_gone: z.unknown().transform(() => ({ kind: "history_gone" })),
};

/**
 * Parses an event; undefined for an event that the mirror does not use. Refuses one that is
 * malformed.
 */
export function readMirrorEvent(event: ServerEvent): Outcome<MirrorEvent | undefined, string> {
  const reader = Object.hasOwn(readers, event.event) ? readers[event.event] : undefined;
  if (reader === undefined) return done(undefined);
  try {
    const read = reader.safeParse(JSON.parse(event.data));
    if (read.success) return done(read.data);
    const [issue] = read.error.issues;
    return refused(`${event.event}: ${issue?.path.join(".")}: ${issue?.message}`);
  } catch (error) {
    return refused(`${event.event}: ${messageOf(error)}`);
  }
}
