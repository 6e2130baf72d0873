import { isAssigned, type Outcome } from "@qumo/shared/runtime";
import type { LiteSetup, LiteVersion } from "@qumo/shared/wire";
import type { Refusal, Scope } from "../../track/mod.ts";
import { PeerQuota } from "../connection/peer_quota.ts";
import { sayStarted } from "../connection/say_started.ts";
import type { SessionShutdown } from "../connection/session_shutdown.ts";
import { pathWithToken } from "../connection/shown_token.ts";
import {
  DialectSession,
  type Dialogue,
  type LiveSession,
  type SessionParts,
} from "../dialect_session.ts";
import { EventLog } from "../event_log.ts";
import type { Rights } from "../rights.ts";
import type { Session } from "../session.ts";
import type { SessionOptions } from "../session_options.ts";
import type { LiteContext } from "./context.ts";
import { EstablishedLite } from "./established.ts";
import { LiteStreams } from "./lite_streams.ts";
import { SetupChannel } from "./setup_channel.ts";

/** A session of moq-lite over one connection. */
export function liteSession(options: SessionOptions, version: LiteVersion): Session {
  return new DialectSession(options, {
    protocol: version.protocol,
    sessionCodes: version.sessionCodes,
    speak: (parts) => new LiteDialogue(options, version, parts),
  });
}

/** How moq-lite begins a session, and leaves it. */
class LiteDialogue implements Dialogue<LiteSetup> {
  readonly #options: SessionOptions;
  readonly #version: LiteVersion;
  readonly #parts: SessionParts;
  readonly #streams: LiteStreams;
  readonly #setup: SetupChannel;
  #scopeKey: string | undefined;

  constructor(options: SessionOptions, version: LiteVersion, parts: SessionParts) {
    const { role, connection, clock, settings: { limits } } = options;
    const { tasks, closer, streams: source } = parts;
    this.#options = options;
    this.#version = version;
    this.#parts = parts;
    const giveUp = (reason: string) => closer.close("internal_error", reason, "limit");
    const quota = new PeerQuota({ clock, limits, signal: tasks.signal, giveUp });
    const rules = { version, canReset: connection.canReset, admit: () => quota.admit() };
    this.#streams = new LiteStreams({ connection, source, rules });
    this.#setup = new SetupChannel({ connection, role, version, tasks });
  }

  get peerSetup(): Promise<LiteSetup> {
    return this.#setup.peerSetup;
  }

  begin(token: string | undefined): void {
    const { settings, connection, hop, link } = this.#options;
    const path = connection.path === undefined && link !== undefined
      ? pathWithToken(link.path, token)
      : undefined;
    const cost = BigInt(settings.cost);
    const id = hop !== 0n && { hop };
    const own = { probe: 0, path, ...id, ...(cost !== DEFAULT_COST && { cost }) };
    this.#setup.begin(own, this.#parts.streams);
  }

  admit(setup: LiteSetup): Promise<Outcome<Rights, Refusal>> {
    const { id, connection, gate } = this.#options;
    return gate.admit({
      session: id,
      path: this.#pathOf(setup),
      // Nothing but the path can carry one.
      tokens: [],
      remoteAddress: connection.remoteAddress,
      protocol: this.#version.protocol,
      relayName: undefined,
    });
  }

  establish(setup: LiteSetup, rights: Rights, shutdown: SessionShutdown): LiveSession {
    const { connection, link, scopeOf, registry, streamBudget, relayName } = this.#options;
    const path = this.#pathOf(setup);
    const key = this.#scopeKey = scopeOf(path, connection.authority ?? "");
    const scope = registry.enter(key);
    const { protocol } = this.#version;
    sayStarted(this.#options, { protocol, path, holder: rights.holder });
    const tracks = (): number => live.counts.tracks;
    const context = { ...this.#context({ setup, rights, scope, tracks }), shutdown };
    const { tasks, closer, streams: source, onGoaway } = this.#parts;
    const live: LiveSession = new EstablishedLite(context, {
      source,
      tasks,
      closer,
      shutdown,
      budget: streamBudget,
      relayName,
      isCalled: link === undefined,
      peer: { setup, path: scope.path, isAssigned: isAssigned(path) },
      // A query may contain a token.
      onGoaway: (uri) => onGoaway({ uri: uri.split("?")[0] }),
    });
    return live;
  }

  async goaway(uri: string): Promise<void> {
    const { requests, messages } = this.#version;
    if (messages.goaway === undefined) return;
    const stream = await this.#streams.open(requests.goaway!);
    stream.send(messages.goaway.encode({ uri }));
    stream.finish();
  }

  leave(): void {
    if (this.#scopeKey !== undefined) this.#options.registry.leave(this.#scopeKey);
  }

  /** The path of the link that this is, of the connection, or of the peer's SETUP. */
  #pathOf(setup: LiteSetup): string {
    const { link, connection } = this.#options;
    return link?.path ?? connection.path ?? setup.path ?? "";
  }

  #context({ setup, rights, scope, tracks }: {
    readonly setup: LiteSetup;
    readonly rights: Rights;
    readonly scope: Scope;
    readonly tracks: () => number;
  }): Omit<LiteContext, "shutdown"> {
    const { log, clock, settings, hop, metrics } = this.#options;
    const { tasks, closer } = this.#parts;
    return {
      ...this.#options,
      version: this.#version,
      tasks,
      events: new EventLog(log, clock),
      scope,
      streams: this.#streams,
      closer,
      hops: { own: hop, peer: setup.hop ?? 0n, cost: this.#costOf(setup) },
      believesRoutes: rights.isRelay,
      metrics: rights.measured(metrics, tracks),
      settings: { ...settings, limits: rights.limitsOf(settings.limits) },
      authorize: (action, name) => rights.authorize({ action, ...name, tokens: [] }),
    };
  }

  /** Before 06 hops alone are counted, the peer's included. */
  #costOf({ cost = DEFAULT_COST }: LiteSetup): bigint {
    return this.#version.announcements.hasCosts ? cost : 0n;
  }
}

const DEFAULT_COST = 1n;
