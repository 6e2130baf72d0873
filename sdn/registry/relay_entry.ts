import { announcesDigest, type LoadReport, type Registration } from "@qumo/shared/topology";
import type { AnnounceCount } from "./capacity.ts";
import { MAX_WITHDRAWN_PER_RELAY } from "./limits.ts";
import { type Measurements, readLinks, readLoad } from "./measure.ts";
import type {
  Announce,
  DrainOrder,
  Link,
  RelayRecord,
  RelaySnapshot,
  RelayState,
  TrackState,
  Version,
} from "./model.ts";

/** The measurements of a relay before its first heartbeat. */
export const UNMEASURED: Measurements = { links: new Map(), load: undefined };

/** The registry's mutable state of one living relay. */
export class RelayEntry {
  record: RelayRecord;
  /**
   * The sequence number of the newest heartbeat; the only field that an unchanged heartbeat moves.
   */
  beat: number;
  /** The revision at which the record or the drain order last changed. */
  modified = 0;
  /** The revision at which anything last changed, announces included. */
  touched = 0;
  /**
   * The time of the last heartbeat here or at another controller, in milliseconds on the caller's
   * clock; undefined after a start, and when only the store knows.
   */
  heardAt: number | undefined;
  /** By how much the controller's own delay has prolonged its lease since its last heartbeat. */
  delayMs = 0;
  /** For how long the controller had been stalled, since its start, when its lease was last renewed. */
  stalledMs = 0;
  drain: DrainOrder | undefined;
  measured: Measurements = UNMEASURED;
  readonly announces = new Map<string, Announce>();
  /** Withdrawn tracks, so that an older statement does not restore them. */
  readonly withdrawn = new Map<string, Version>();
  #announceBytes = 0;
  #digest: string | undefined;
  /** The last heartbeat and the record that resulted from it. */
  #last: { readonly body: Registration; readonly record: RelayRecord } | undefined;

  constructor(record: RelayRecord) {
    this.record = record;
    this.beat = record.version.seq;
  }

  /** Whether the relay drains, by its own report or by an operator's order. */
  get draining(): boolean {
    return this.record.draining || this.drain?.on === true;
  }

  /** The digest of its announces, for comparison with the relay's own. */
  get digest(): string {
    return this.#digest ??= announcesDigest(this.announces.keys());
  }

  /** The number and size of its announces. */
  get announced(): AnnounceCount {
    return { count: this.announces.size, bytes: this.#announceBytes };
  }

  /** Its current state, with a lease that ends at `leaseEnd`. */
  snapshot(leaseEnd: number): RelaySnapshot {
    const { record, draining, beat, modified, heardAt } = this;
    return { record, draining, beat, modified, announces: this.announces.size, heardAt, leaseEnd };
  }

  /** Its lease was renewed, when the controller had been stalled for so long since its start. */
  renewed(stalledMs: number): void {
    this.delayMs = 0;
    this.stalledMs = stalledMs;
  }

  /** Notes that `body` resulted in the current record. */
  applied(body: Registration): void {
    this.#last = { body, record: this.record };
  }

  /**
   * Whether this heartbeat equals the one that resulted in the current record, so that applying it
   * again changes nothing. Heartbeats with measurements never do: each sample counts.
   */
  repeats(body: Registration): boolean {
    return this.#last?.body === body && this.#last.record === this.record &&
      body.links === undefined && body.load === undefined;
  }

  /** Assigns the version after `before` in this life. */
  mint(before: Version | undefined, by: string): Version {
    const { epoch, number } = this.record.version;
    return { epoch, number, seq: (before?.seq ?? 0) + 1, by };
  }

  /** Replaces the state of a track. */
  set(track: string, { version, present, registeredAt }: TrackState): Announce {
    const announce = { relay: this.record.name, track, version, registeredAt };
    if (this.announces.delete(track)) this.#announceBytes -= track.length;
    this.withdrawn.delete(track);
    if (present) {
      this.announces.set(track, announce);
      this.#announceBytes += track.length;
    }
    if (!present) this.#remember(track, version);
    this.#digest = undefined;
    return announce;
  }

  /** The relay's state for replication. */
  get state(): RelayState {
    const tracks = new Map<string, TrackState>();
    for (const [track, { version, registeredAt }] of this.announces) {
      tracks.set(track, { version, present: true, registeredAt });
    }
    for (const [track, version] of this.withdrawn) {
      tracks.set(track, { version, present: false, registeredAt: 0 });
    }
    const { record, drain, beat } = this;
    const { epoch, number } = record.version;
    const alive = { record, ...(drain && { drain }), tracks };
    return { name: record.name, life: { epoch, number }, beat, alive };
  }

  #remember(track: string, version: Version): void {
    this.withdrawn.set(track, version);
    const [oldest] = this.withdrawn.keys();
    if (this.withdrawn.size > MAX_WITHDRAWN_PER_RELAY && oldest !== undefined) {
      this.withdrawn.delete(oldest);
    }
  }
}

/** The record of a relay of which only the name and life are known. */
export function blankRecord(
  name: string,
  { version, ownEpoch }: Pick<RelayRecord, "version" | "ownEpoch">,
): RelayRecord {
  return {
    name,
    version,
    ...(ownEpoch !== undefined && { ownEpoch }),
    registered: false,
    region: "",
    address: "",
    certificateSha256: "",
    links: new Map(),
    draining: false,
  };
}

/**
 * The record after a heartbeat: empty fields keep their value, links and load are replaced. Returns
 * `base` itself when nothing changed.
 */
export function beatenRecord(
  base: RelayRecord,
  body: Registration,
  { measured, version, weight }: {
    measured: Measurements;
    version: Version;
    weight: number;
  },
): { record: RelayRecord; measured: Measurements } {
  const before = { links: base.links, measured: measured.links };
  const read = readLinks(base.name, body, { before, weight });
  const { load, smoothed } = readLoad(
    body.load,
    { load: base.load, smoothed: measured.load },
    weight,
  );
  const { load: _load, host: _host, build: _build, ...kept } = base;
  const record: RelayRecord = {
    ...kept,
    registered: true,
    region: body.region || base.region,
    address: body.address || base.address,
    certificateSha256: body.certificate_sha256 ?? base.certificateSha256,
    ...(body.host !== undefined && { host: body.host }),
    ...(body.version !== undefined && { build: body.version }),
    links: read.links,
    ...(load !== undefined && { load }),
    draining: body.draining ?? false,
  };
  const same = saysTheSame(record, base);
  return {
    record: same ? base : { ...record, version },
    measured: { links: read.measured, load: smoothed },
  };
}

/** Whether two records are equal apart from their versions. */
export function saysTheSame(a: RelayRecord, b: RelayRecord): boolean {
  return a.registered === b.registered && a.region === b.region && a.address === b.address &&
    a.certificateSha256 === b.certificateSha256 && a.host === b.host && a.build === b.build &&
    a.draining === b.draining &&
    sameLoad(a.load, b.load) && sameLinks(a.links, b.links);
}

function sameLoad(a: LoadReport = {}, b: LoadReport = {}): boolean {
  return a.sessions === b.sessions && a.subscriptions === b.subscriptions &&
    a.egress_bps === b.egress_bps && a.cpu === b.cpu;
}

function sameLinks(a: ReadonlyMap<string, Link>, b: ReadonlyMap<string, Link>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, link] of a) {
    const other = b.get(name);
    if (
      other === undefined || link.cost !== other.cost || link.up !== other.up ||
      link.rttMs !== other.rttMs || link.loss !== other.loss
    ) return false;
  }
  return true;
}
