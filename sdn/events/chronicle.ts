import { type Clock, many, type Timer } from "@qumo/shared/runtime";
import type { Graph } from "../graph/mod.ts";
import {
  type AccessEntry,
  type Change,
  compareLives,
  type LastState,
  type Link,
  type RelayEntry,
  type RelayRecord,
  type Step,
} from "../registry/mod.ts";
import type { EventLog } from "./event_log.ts";
import { ANNOUNCES_SETTLE_MS, UNREACHABLE_SETTLE_MS } from "./limits.ts";

/** Tracks named in the event of an expired relay. */
const MAX_TRACKS_NAMED = 3;

/** Neighbors named in the event of an unreachable relay. */
const MAX_NAMED = 3;

/** The dependencies of {@linkcode Chronicle}. */
export interface ChronicleOptions {
  readonly events: EventLog;
  readonly clock: Clock;
  /** The registered relays. */
  readonly relays: ReadonlyMap<string, RelayEntry>;
  readonly leaseMs: number;
  /** Whether the name of a relay is revoked. */
  readonly isRevoked: (relay: string) => boolean;
  /**
   * This controller's name: drain orders given here are logged by the endpoint that knows who gave
   * them.
   */
  readonly controller: string;
}

/** Derives events for operators from changes of the registry and of the graph. */
export class Chronicle {
  readonly #options: ChronicleOptions;
  /** Each relay's record as of its last event. */
  readonly #reported = new Map<string, RelayRecord>();
  readonly #announces = new Map<string, number>();
  readonly #uncounted = new Set<string>();
  #counting: Timer | undefined;
  /** Relays reported unreachable, and timers of those that are to be if the state lasts. */
  readonly #lost = new Set<string>();
  readonly #settling = new Map<string, Timer>();
  #revision: number;
  /** The newest graph that was compared. */
  #graph: Graph | undefined;
  /** A graph newer than the last step; it is compared when its step arrives. */
  #ahead: Graph | undefined;

  /** Starts after `revision` with the relays registered then, without events for them. */
  constructor(options: ChronicleOptions, revision: number) {
    this.#options = options;
    this.#revision = revision;
    for (const [name, { record, announces }] of options.relays) {
      this.#reported.set(name, record);
      this.#announces.set(name, announces.size);
    }
  }

  /** Derives the events of a published step. */
  step({ revision, changes, relays }: Step): void {
    for (const change of changes) this.#report(change, relays);
    this.#revision = revision;
    if (this.#ahead !== undefined && this.#ahead.revision <= revision) this.graph(this.#ahead);
  }

  /**
   * Reports relays that became unreachable, after the step that caused it. The ends of a link come
   * up one after the other and go down before their relay deregisters, so only a state that lasts
   * is reported.
   */
  graph(graph: Graph): void {
    this.#ahead = graph.revision > this.#revision ? graph : undefined;
    if (this.#ahead !== undefined) return;
    this.#graph = graph;
    const { events, clock } = this.#options;
    const lost = new Set(
      graph.nodes.filter(({ state }) => state === "unreachable").map(({ name }) => name),
    );
    for (const [relay, timer] of this.#settling) {
      if (lost.has(relay)) continue;
      timer.cancel();
      this.#settling.delete(relay);
    }
    for (const relay of lost) {
      if (this.#lost.has(relay) || this.#settling.has(relay)) continue;
      this.#settling.set(relay, clock.after(UNREACHABLE_SETTLE_MS, () => this.#reportLost(relay)));
    }
    for (const relay of this.#lost) {
      if (lost.has(relay)) continue;
      this.#lost.delete(relay);
      if (this.#reported.get(relay)?.draining === false) events.add("relay_reachable", { relay });
    }
  }

  /** Stops all timers. */
  close(): void {
    this.#counting?.cancel();
    for (const timer of this.#settling.values()) timer.cancel();
  }

  #reportLost(relay: string): void {
    this.#settling.delete(relay);
    this.#lost.add(relay);
    const accusers = this.#graph?.accusers(relay) ?? [];
    const more = accusers.length > MAX_NAMED ? ` and ${accusers.length - MAX_NAMED} more` : "";
    const by = accusers.slice(0, MAX_NAMED).join(", ") + more;
    this.#options.events.add("relay_unreachable", { relay, by });
  }

  #report(change: Change, relays: Step["relays"]): void {
    const { events, controller, leaseMs } = this.#options;
    switch (change.kind) {
      case "relay":
        return this.#reportRelay(change.record, relays.get(change.record.name)?.announces ?? 0);
      case "gone": {
        const { name: relay, reason, last } = change.tombstone;
        this.#reported.delete(relay);
        this.#announces.delete(relay);
        if (reason === "deregistered") {
          const kind = this.#options.isRevoked(relay) ? "relay_revoked" : "relay_deregistered";
          return events.add(kind, { relay });
        }
        const detail = `no heartbeat for ${Math.round(leaseMs / 1000)} s`;
        return events.add("relay_expired", { relay, detail: `${detail}${onlyHad(last)}` });
      }
      case "drain": {
        const { relay, order: { on, version: { by } } } = change;
        if (by === controller) return;
        return events.add(on ? "drain_ordered" : "drain_lifted", { relay, by: `controller ${by}` });
      }
      case "announce":
        if (change.isKnown) return;
        return this.#reportTrack("announced", change.announce.relay, change.announce.track);
      case "withdraw":
        return this.#reportTrack("withdrawn", change.relay, change.track);
      case "access":
        return this.#reportAccess(change.entry);
      case "flows":
        return;
    }
  }

  /** What another controller was told; who told this one is known to its service. */
  #reportAccess({ about, id, by, rule }: AccessEntry): void {
    const { events, controller } = this.#options;
    if (by === controller) return;
    const isThere = rule !== undefined;
    const kind = about === "policy"
      ? isThere ? "policy_set" : "policy_deleted"
      : isThere
      ? "revoked"
      : "unrevoked";
    const what = isThere && "target" in rule ? `${rule.target.kind} ${rule.target.value}` : id;
    events.add(kind, { by: `controller ${by}`, detail: what });
  }

  #reportRelay(record: RelayRecord, count: number): void {
    const { events } = this.#options;
    const { name: relay, region, address } = record;
    const before = this.#reported.get(relay);
    this.#reported.set(relay, record);
    const place = [region, address].filter((one) => one !== "").join(", ");
    if (before === undefined) {
      // Initial announces are part of this event and are not reported again.
      this.#announces.set(relay, count);
      const announces = count === 0 ? "" : `announces ${count}`;
      const detail = [place, announces].filter((one) => one !== "").join(", ");
      return events.add("relay_registered", { relay, detail });
    }
    if (compareLives(before.version, record.version) !== 0) {
      events.add("relay_restarted", { relay });
    }
    if (before.draining !== record.draining) {
      events.add(record.draining ? "relay_draining" : "relay_serving", { relay });
    }
    if (before.region !== region || before.address !== address) {
      events.add("relay_changed", { relay, detail: place });
    }
    this.#reportLinks(relay, before.links, record.links);
  }

  #reportLinks(
    relay: string,
    before: ReadonlyMap<string, Link>,
    now: ReadonlyMap<string, Link>,
  ): void {
    const { events } = this.#options;
    for (const [neighbor, { up, cost }] of now) {
      const was = before.get(neighbor);
      if (was === undefined) events.add("link_declared", { relay, neighbor });
      else if (was.up !== up) events.add(up ? "link_up" : "link_down", { relay, neighbor });
      if (was !== undefined && was.cost !== cost) {
        events.add("link_cost", { relay, neighbor, detail: `${cost} instead of ${was.cost}` });
      }
    }
    for (const neighbor of before.keys()) {
      if (!now.has(neighbor)) events.add("link_removed", { relay, neighbor });
    }
  }

  #reportTrack(kind: "announced" | "withdrawn", relay: string, track: string): void {
    const { events, clock } = this.#options;
    events.add(kind, { relay, detail: track });
    this.#uncounted.add(relay);
    this.#counting ??= clock.after(ANNOUNCES_SETTLE_MS, () => this.#count());
  }

  #count(): void {
    this.#counting = undefined;
    for (const relay of this.#uncounted) {
      const count = this.#options.relays.get(relay)?.announces.size;
      const before = this.#announces.get(relay) ?? 0;
      if (count === undefined || count === before) continue;
      this.#announces.set(relay, count);
      this.#options.events.add("announces_changed", {
        relay,
        count,
        detail: `instead of ${before}`,
      });
    }
    this.#uncounted.clear();
  }
}

/** What is announced nowhere any more since the relay is gone. */
function onlyHad(last: LastState | undefined): string {
  if (last === undefined || last.onlyHadCount === 0) return "";
  const named = last.onlyHad.slice(0, MAX_TRACKS_NAMED);
  const more = last.onlyHadCount - named.length;
  if (named.length === 0) return `; only it had ${many(more, "track")}`;
  return `; only it had ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
