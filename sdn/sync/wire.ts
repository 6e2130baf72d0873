import * as z from "zod";
import { MAX_COST, MAX_RTT_MS } from "@qumo/shared/topology";
import {
  loadReportSchema,
  relayNameSchema,
  trackTextSchema,
  versionSchema,
} from "@qumo/shared/topology/schemas";
import type { Adoption, RelayState, TrackState, Version } from "../registry/mod.ts";

const count = z.number().int().nonnegative();
const life = { epoch: count, number: count };
// A version within the state's life: sequence number and controller.
const place = z.tuple([count, z.string().max(255)]);
// Longer than any process runs, and short enough for a date.
const ageSchema = z.number().nonnegative().max(1e12);
const linkSchema = z.strictObject({
  cost: z.number().nonnegative().max(MAX_COST),
  up: z.boolean(),
  rtt_ms: z.number().nonnegative().max(MAX_RTT_MS).optional(),
  loss: z.number().min(0).max(1).optional(),
});

/**
 * A relay's state in a message. Times are durations (remaining lease, age of an announce), so that
 * clocks need not agree.
 */
export const wireStateSchema = z.strictObject({
  name: relayNameSchema,
  ...life,
  beat: count,
  remaining_ms: z.number().nonnegative(),
  alive: z.strictObject({
    version: place,
    own_epoch: count.optional(),
    registered: z.boolean(),
    region: z.string(),
    address: z.string(),
    certificate_sha256: z.string(),
    // Peers of before refuse it; they have relays that say it only after they were upgraded.
    host: relayNameSchema.optional(),
    // Said to peers that read it, and to no others.
    build: versionSchema.optional(),
    links: z.record(relayNameSchema, linkSchema),
    load: loadReportSchema.optional(),
    draining: z.boolean(),
    drain: z.tuple([count, z.string().max(255), z.boolean()]).optional(),
    tracks: z.array(z.tuple([trackTextSchema, count, z.string().max(255), ageSchema])),
    withdrawn: z.array(z.tuple([trackTextSchema, count, z.string().max(255)])),
  }).optional(),
}).meta({ id: "SyncState", description: "One relay as controllers tell each other of it" });

/** A relay's state in a message. */
export type WireState = z.output<typeof wireStateSchema>;

/**
 * The header in which controllers say what they read that older ones refuse, with each request and
 * answer.
 */
export const READS_HEADER = "qumo-reads";
/** All that this version reads so. */
export const READS = "version";

/** What a peer reads that an older one refuses. */
export interface Reads {
  /** The versions of relays' programs. */
  readonly version: boolean;
}

/** What a peer says that it reads. */
export function readsOf(headers: Headers): Reads {
  const words = (headers.get(READS_HEADER) ?? "").split(",").map((word) => word.trim());
  return { version: words.includes("version") };
}

/** Encodes a relay's state for a peer. */
export function toWire({ state, remaining }: Adoption, now: number, reads: Reads): WireState {
  const { name, life: { epoch, number }, beat, alive } = state;
  const head = { name, epoch, number, beat, remaining_ms: Math.max(0, remaining) };
  if (alive === undefined) return head;
  const { record, drain } = alive;
  const tracks = [...alive.tracks];
  return {
    ...head,
    alive: {
      version: [record.version.seq, record.version.by],
      ...(record.ownEpoch !== undefined && { own_epoch: record.ownEpoch }),
      registered: record.registered,
      region: record.region,
      address: record.address,
      certificate_sha256: record.certificateSha256,
      ...(record.host !== undefined && { host: record.host }),
      ...(reads.version && record.build !== undefined && { build: record.build }),
      links: Object.fromEntries(
        [...record.links].map(([to, { cost, up, rttMs, loss }]) => [to, {
          cost,
          up,
          ...(rttMs !== undefined && { rtt_ms: rttMs }),
          ...(loss !== undefined && { loss }),
        }]),
      ),
      ...(record.load && { load: record.load }),
      draining: record.draining,
      ...(drain && { drain: [drain.version.seq, drain.version.by, drain.on] }),
      tracks: tracks.filter(([, track]) => track.present).map((
        [track, { version, registeredAt }],
      ) => [
        track,
        version.seq,
        version.by,
        now - registeredAt,
      ]),
      withdrawn: tracks.filter(([, track]) => !track.present).map(([track, { version }]) => [
        track,
        version.seq,
        version.by,
      ]),
    },
  };
}

/** Decodes a relay's state of a peer. */
export function fromWire(wire: WireState, now: number): Adoption {
  const { name, epoch, number, beat, remaining_ms: remaining, alive } = wire;
  const at = (seq: number, by: string): Version => ({ epoch, number, seq, by });
  const head = { name, life: { epoch, number }, beat };
  if (alive === undefined) return { state: head, remaining };
  const tracks = new Map<string, TrackState>();
  for (const [track, seq, by] of alive.withdrawn) {
    tracks.set(track, { version: at(seq, by), present: false, registeredAt: 0 });
  }
  for (const [track, seq, by, age] of alive.tracks) {
    tracks.set(track, { version: at(seq, by), present: true, registeredAt: now - age });
  }
  const links = Object.entries(alive.links).map(([to, { cost, up, rtt_ms, loss }]) =>
    [to, {
      cost,
      up,
      ...(rtt_ms !== undefined && { rttMs: rtt_ms }),
      ...(loss !== undefined && { loss }),
    }] as const
  );
  const state: RelayState = {
    ...head,
    alive: {
      record: {
        name,
        version: at(...alive.version),
        ...(alive.own_epoch !== undefined && { ownEpoch: alive.own_epoch }),
        registered: alive.registered,
        region: alive.region,
        address: alive.address,
        certificateSha256: alive.certificate_sha256,
        ...(alive.host !== undefined && { host: alive.host }),
        ...(alive.build !== undefined && { build: alive.build }),
        links: new Map(links),
        ...(alive.load && { load: alive.load }),
        draining: alive.draining,
      },
      ...(alive.drain && {
        drain: { version: at(alive.drain[0], alive.drain[1]), on: alive.drain[2] },
      }),
      tracks,
    },
  };
  return { state, remaining };
}
