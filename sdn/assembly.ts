import type { Handler } from "@qumo/shared/http";
import { type Log, TaskGroup, type Tracing } from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import { Controller } from "./control/controller.ts";
import type { ControllerOptions, ControllerParts } from "./control/controller_options.ts";
import { EventService } from "./control/event_service.ts";
import { dashboardFiles } from "./dashboard/mod.ts";
import { Outages, RefusedRequests } from "./events/mod.ts";
import { type App, buildApp } from "./http/app.ts";
import { type Identities, identityEndpoints } from "./http/identity_endpoints.ts";
import { pageEndpoints } from "./http/page_endpoints.ts";
import { syncEndpoints } from "./http/sync_endpoints.ts";
import type { LiveSettings } from "./live_config.ts";
import type { Stored } from "./store/mod.ts";
import { type AccessPeer, AccessReplicator, type Peer, Replicator } from "./sync/mod.ts";
import { version } from "./version.ts";

/** What a controller and its API are assembled from. */
export interface AssemblyParts extends Omit<ControllerParts, "onStoreFailure"> {
  readonly config: SdnConfig;
  readonly options: ControllerOptions;
  /** What the store held when the controller opened it. */
  readonly stored: Stored;
  readonly peers: readonly (Peer & AccessPeer)[];
  /** What holds of the configuration now. */
  readonly live: Pick<LiveSettings, "authenticate" | "guard" | "rateLimit">;
  /** Says which key is which relay's. */
  readonly identities: Identities;
  readonly tracing: Tracing;
  readonly log: Log;
  /** Aborted when the controller shuts down: streams of watchers end first. */
  readonly ending: AbortSignal;
}

/** A controller with its API, its events and its replication. */
export class Assembly {
  readonly controller: Controller;
  readonly handle: Handler;
  readonly #parts: AssemblyParts;
  readonly #tokens: RefusedRequests;
  readonly #limits: RefusedRequests;
  readonly #tasks: TaskGroup;

  constructor(parts: AssemblyParts) {
    const { options, stored, events, clock, log } = parts;
    this.#parts = parts;
    this.#tokens = new RefusedRequests("tokens_refused", events, clock);
    this.#limits = new RefusedRequests("limits_reached", events, clock);
    this.#tasks = new TaskGroup((task, error) => log.error("a task failed", { task, error }));
    this.controller = Controller.begin(stored, options, {
      ...parts,
      onStoreFailure: (error) => log.debug("a change could not be stored", { error }),
    });
    const app = this.#openApp();
    this.handle = (request, client) => app.fetch(request, client);
  }

  /** Logs the start and begins replication with the peer controllers. */
  begin(): void {
    const { config, events } = this.#parts;
    const held = this.controller.health().relays;
    events.add("controller_started", {
      detail: `version ${version.version}, store ${config.store}, ${held} relays known`,
    });
    this.#replicate();
  }

  /** Stops background work: nothing is replicated to other controllers afterwards. */
  async rest(): Promise<void> {
    await this.#tasks.close();
  }

  /** Stores and publishes pending changes, then closes the store. */
  async close(): Promise<void> {
    await this.controller.close();
    this.#tokens.close();
    this.#limits.close();
  }

  #openApp(): App {
    const { config: { server }, options, live, clock, events, ending } = this.#parts;
    const { tracing, log, identities } = this.#parts;
    const { controller } = this;
    const { metricsSink } = controller;
    const revision = () => controller.revision();
    return buildApp({
      relays: controller.relays,
      routes: controller.routes,
      directory: controller.directory,
      access: controller.access,
      watching: controller.watching,
      operation: controller,
      events: new EventService(events, revision),
      history: controller.history,
      onTokenRefused: (client, { method, path }) => this.#tokens.add(client, `${method} ${path}`),
      onLimitReached: (client, detail) => this.#limits.add(client, detail),
      more: [
        ...syncEndpoints(controller, options.leaseMs),
        ...pageEndpoints(dashboardFiles, revision),
        ...identityEndpoints(controller.relays, identities),
      ],
      revision,
      version: version.version,
      authenticate: live.authenticate,
      guard: live.guard,
      rateLimit: live.rateLimit,
      bodyTimeoutMs: server.bodyTimeoutMs,
      clock,
      ending,
      onWatchers: (count) => metricsSink.watchers(count),
      onRequest: (request) => {
        metricsSink.request(request);
        tracing.answered(request);
        log.debug("request", { ...request });
      },
      onFault: (error, requestId) => log.error("a request failed", { error, requestId }),
    });
  }

  #openAccessReplicator(): AccessReplicator {
    const { config: { graph }, peers, clock, log } = this.#parts;
    return new AccessReplicator(peers, {
      exchange: this.controller.peers.access,
      clock,
      tasks: this.#tasks,
      intervalMs: graph.syncIntervalSec * 1000,
      random: Math.random,
      onOlder: (peer) =>
        log.warn("an older controller is not told of revocations and policies", { peer }),
      onKicksLost: (peer, count) => log.warn("a controller was not told of kicks", { peer, count }),
    });
  }

  #replicate(): void {
    const { config: { graph }, options, peers, clock, events } = this.#parts;
    const { controller } = this;
    const outages = new Outages(events);
    const replicator = new Replicator(peers, {
      exchange: controller.peers.exchange,
      clock,
      tasks: this.#tasks,
      intervalMs: graph.syncIntervalSec * 1000,
      leaseMs: options.leaseMs,
      random: Math.random,
      onSync(peer, error) {
        controller.metricsSink.sync(peer, { isFine: error === undefined, wall: clock.wall() });
        outages.peer(peer, error);
      },
    });
    const access = this.#openAccessReplicator();
    controller.peers.replicate({
      push: (relays) => replicator.push(relays),
      pushAccess: (keys) => access.push(keys),
      pushUsage: (relay) => access.pushUsage(relay),
      kick: (kick) => access.kick({ ...kick }),
      isDeaf: () => replicator.isDeaf,
    });
    controller.metricsSink.readLags(() => replicator.lags());
  }
}
