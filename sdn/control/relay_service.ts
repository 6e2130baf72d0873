import { type Clock, done, refused } from "@qumo/shared/runtime";
import { refusal, type Registration } from "@qumo/shared/topology";
import type { EventLog } from "../events/mod.ts";
import type { Graph } from "../graph/mod.ts";
import { BEATS_PER_LEASE, type Command, type Match, type Registry } from "../registry/mod.ts";
import type { ToDate } from "./dates.ts";
import type { Journal } from "./journal.ts";
import { MAX_EXPIRED } from "./limits.ts";
import type { Presenter } from "./presenter.ts";
import { isUnreachable } from "./relay_states.ts";
import { Rivals } from "./rivals.ts";
import type { TenantUsages } from "./tenant_usages.ts";
import type { RelayUseCases } from "./use_cases.ts";

/** The dependencies of {@linkcode RelayService}. */
export interface RelayParts {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly journal: Journal;
  /** Resolves with a graph that includes every change of the registry. */
  readonly freshGraph: () => Promise<Graph>;
  readonly presenter: Presenter;
  readonly events: EventLog;
  readonly toDate: ToDate;
  readonly revision: () => number;
  readonly leaseMs: number;
  /** What tenants use at each relay. */
  readonly usages: TenantUsages;
}

/** Use cases about relays: registration, heartbeats, drain, deregistration. */
export class RelayService implements RelayUseCases {
  readonly #parts: RelayParts;
  readonly #rivals: Rivals;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#rivals = new Rivals((name) => parts.registry.relays.has(name));
  }

  async register(name: string, body: Registration, match?: Match) {
    const { clock, journal, events, leaseMs, revision, toDate, usages } = this.#parts;
    const command: Command = {
      kind: "register",
      name,
      body,
      ...(match !== undefined && { match }),
      wall: clock.wall(),
    };
    const outcome = await journal.submit(command);
    if (!outcome.ok) {
      if (outcome.refusal.code === "stale_epoch") {
        events.add("relay_fenced", { relay: name });
        this.#rivals.refused(name, clock.now());
      }
      return outcome;
    }
    usages.beat(name, body.tenants);
    const { leaseEnd = clock.now(), resendAnnounces } = outcome.value;
    return done({
      relay: name,
      status: "registered" as const,
      revision: revision(),
      lease_expires_at: toDate(leaseEnd),
      next_heartbeat_ms: Math.max(1, Math.floor(leaseMs / BEATS_PER_LEASE)),
      ...(resendAnnounces && { resend_announces: true as const }),
      ...(this.#rivals.has(name, clock.now()) && { has_rival: true as const }),
      reads_host: true as const,
      reads_version: true as const,
      // Says to a relay that it may report, too: older controllers refuse what they do not know.
      tenants: usages.elsewhere(name),
    });
  }

  async deregister(name: string, match?: Match) {
    const command: Command = { kind: "deregister", name, ...(match !== undefined && { match }) };
    const outcome = await this.#parts.journal.submit(command);
    if (!outcome.ok) return outcome;
    this.#parts.usages.beat(name, []);
    const revision = this.#parts.revision();
    return done({ relay: name, status: "deregistered" as const, revision });
  }

  async drain(name: string, on: boolean, by: string) {
    const { journal, events, revision } = this.#parts;
    const outcome = await journal.submit({ kind: "drain", name, on });
    if (!outcome.ok) return outcome;
    if (outcome.value.hasChanged) {
      events.add(on ? "drain_ordered" : "drain_lifted", { relay: name, by });
    }
    const status = on ? "draining" as const : "undrained" as const;
    return done({ relay: name, status, revision: revision() });
  }

  async relays() {
    const { registry, presenter, revision } = this.#parts;
    const graph = await this.#parts.freshGraph();
    const relays = [...registry.relays.keys()].sort().map((name) =>
      presenter.relay(name, isUnreachable(graph, name))
    );
    const known = relays.filter((view) => view !== undefined);
    const expired = presenter.expired(MAX_EXPIRED);
    return done({ revision: revision(), count: known.length, relays: known, expired });
  }

  async relay(name: string) {
    const graph = await this.#parts.freshGraph();
    const view = this.#parts.presenter.relay(name, isUnreachable(graph, name));
    if (view === undefined) {
      return refused(refusal("relay_not_found", `relay not found: ${name}`));
    }
    return done({ ...view, revision: this.#parts.revision() });
  }

  flows() {
    const { registry, journal, revision } = this.#parts;
    journal.expire();
    const flows = [...registry.flows].flatMap(([relay, own]) =>
      own.map((flow) => ({ relay, ...flow }))
    );
    return Promise.resolve(done({ revision: revision(), flows }));
  }
}
