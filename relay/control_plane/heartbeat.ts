import {
  type LinkReport,
  type LoadReport,
  MAX_FLOW_BYTES_PER_RELAY,
  MAX_FLOW_TRACK_LENGTH,
  MAX_FLOWS_PER_RELAY,
  MAX_TENANTS_PER_RELAY,
} from "@qumo/shared/topology";
import { type TenantUsage, tenantUsageSchema } from "@qumo/shared/topology/access_schemas";
import * as z from "zod";
import { FEW_ANNOUNCES, JITTER, MIN_HEARTBEAT_MS } from "./limits.ts";
import type { Epoch } from "./epoch.ts";
import type { OwnAnnounces } from "./own_announces.ts";
import type { ControlPlaneSettings } from "./settings.ts";

/** A remote track that this relay receives from a neighbor now. */
export interface Flow {
  /** The track's canonical text. */
  readonly track: string;
  readonly next_hop: string;
  /** The relay that has the publisher. */
  readonly source: string;
}

/** What a relay reports about itself at one moment. */
export interface RelayReport {
  /** By the neighbor's name. */
  readonly links: Readonly<Record<string, LinkReport>>;
  readonly load: LoadReport;
  readonly flows: readonly Flow[];
  /** 64 hexadecimal digits; empty if no hash is reported. */
  readonly certificateSha256: string;
  /** What tenants use here. */
  readonly tenants: readonly TenantUsage[];
  /** The URL at which other relays reach this one; empty if they cannot. */
  readonly address: string;
  /** Whether this relay drains. */
  readonly draining: boolean;
}

/** A heartbeat to send, and what accepted() must know about it. */
export interface Beat {
  readonly body: Readonly<Record<string, unknown>>;
  /** The version of the announces in this heartbeat; undefined if it only carries their digest. */
  readonly announces: number | undefined;
  readonly flows: number | undefined;
}

/** A controller's answer to a heartbeat; an older controller may leave fields out. */
export const acceptedSchema = z.object({
  revision: z.number().optional(),
  next_heartbeat_ms: z.number().positive().optional(),
  /** The controller reads `host`; an older one refuses it. */
  reads_host: z.boolean().optional(),
  /** The controller reads `version`; an older one refuses it. */
  reads_version: z.boolean().optional(),
  resend_announces: z.boolean().optional(),
  has_rival: z.boolean().optional(),
  /** What tenants use at all other relays; an older controller has none, and refuses ours. */
  tenants: z.array(tenantUsageSchema).optional(),
});

/** A controller's answer to a heartbeat. */
export type Accepted = z.output<typeof acceptedSchema>;

/**
 * Composes heartbeats and decides when the next one is due. It uses no clock and sends nothing
 * itself.
 */
export class Heartbeat {
  readonly #settings: ControlPlaneSettings;
  readonly #epoch: Epoch;
  readonly #announces: OwnAnnounces;
  #sequence = 0;
  // The version of the announces that the controller has; undefined before its first answer.
  #known: number | undefined;
  #mayHaveFlows = false;
  #readsTenants = false;
  #readsHost = false;
  #readsVersion = false;
  #untoldFlows = 0;
  #intervalMs: number;

  constructor(
    settings: ControlPlaneSettings,
    { epoch, announces }: { epoch: Epoch; announces: OwnAnnounces },
  ) {
    this.#settings = settings;
    this.#epoch = epoch;
    this.#announces = announces;
    this.#intervalMs = settings.heartbeatIntervalMs;
  }

  /** Number of flows that the last heartbeat left out. */
  get untoldFlows(): number {
    return this.#untoldFlows;
  }

  /** Whether the controller knows which relays are on one machine. */
  get readsHost(): boolean {
    return this.#readsHost;
  }

  /** The heartbeat to send now. */
  next(report: RelayReport): Beat {
    const { region, neighbors, host, version } = this.#settings;
    const { address, certificateSha256 } = report;
    const announces = this.#announces;
    const isWhole = this.#known !== announces.version || announces.told.length <= FEW_ANNOUNCES;
    const flows = fitting(report.flows);
    this.#untoldFlows = report.flows.length - flows.length;
    // An older controller refuses the field, so an empty list is only sent after a non-empty one.
    const saysFlows = flows.length > 0 || this.#mayHaveFlows;
    this.#mayHaveFlows = saysFlows;
    return {
      announces: isWhole ? announces.version : undefined,
      flows: saysFlows ? flows.length : undefined,
      body: {
        epoch: this.#epoch.value,
        seq: ++this.#sequence,
        ...(region !== "" && { region }),
        ...(address !== "" && { address }),
        ...(this.#readsHost && host !== undefined && { host }),
        ...(this.#readsVersion && { version }),
        ...(certificateSha256 !== "" && { certificate_sha256: certificateSha256 }),
        neighbors: Object.fromEntries(neighbors),
        links: report.links,
        load: report.load,
        draining: report.draining,
        ...(isWhole ? { announces: announces.told } : { announces_digest: announces.digest }),
        ...(saysFlows && { flows }),
        ...(this.#readsTenants && { tenants: report.tenants.slice(0, MAX_TENANTS_PER_RELAY) }),
      },
    };
  }

  /** Handles the answer to a heartbeat; returns whether another heartbeat is due at once. */
  accepted(beat: Beat, answer: Accepted): boolean {
    if (beat.announces !== undefined) this.#known = beat.announces;
    if (beat.flows === 0) this.#mayHaveFlows = false;
    this.#readsTenants = answer.tenants !== undefined;
    const isHostDue = !this.#readsHost && answer.reads_host === true &&
      this.#settings.host !== undefined;
    this.#readsHost = answer.reads_host === true;
    this.#readsVersion = answer.reads_version === true;
    const asked = answer.next_heartbeat_ms ?? Infinity;
    this.#intervalMs = Math.min(this.#settings.heartbeatIntervalMs, asked);
    const mustResend = answer.resend_announces === true && beat.announces === undefined;
    if (mustResend) this.#known = undefined;
    return mustResend || isHostDue;
  }

  /** A heartbeat was refused: perhaps for what an older controller does not read. */
  refused(): void {
    this.#readsTenants = false;
    this.#readsHost = false;
    this.#readsVersion = false;
  }

  /** The next heartbeat is a new registration: the controller then has nothing of this relay. */
  beganAnew(): void {
    this.#known = undefined;
  }

  /** Milliseconds until the next heartbeat; `random` is from 0 to below 1. */
  interval(random: number): number {
    const spread = 1 - JITTER + 2 * JITTER * random;
    return Math.max(MIN_HEARTBEAT_MS, this.#intervalMs * spread);
  }

  /** Milliseconds until the next heartbeat while another process has this relay's name. */
  slowInterval(random: number): number {
    return this.#settings.heartbeatIntervalMs * (1 - JITTER + 2 * JITTER * random);
  }
}

const encoder = new TextEncoder();

/** The flows that fit into a heartbeat; those with the shortest names go first. */
function fitting(flows: readonly Flow[]): readonly Flow[] {
  const told: Flow[] = [];
  let bytes = 0;
  const byLength = flows.toSorted((a, b) => a.track.length - b.track.length);
  for (const flow of byLength) {
    if (told.length === MAX_FLOWS_PER_RELAY || flow.track.length > MAX_FLOW_TRACK_LENGTH) break;
    bytes += encoder.encode(JSON.stringify(flow)).length + 1;
    if (bytes > MAX_FLOW_BYTES_PER_RELAY) break;
    told.push(flow);
  }
  return told;
}
