import {
  type Clock,
  done,
  type Log,
  namespaceText,
  type Outcome,
  refused,
  type Timer,
} from "@qumo/shared/runtime";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import type { Gate, Permit, Rights } from "../../session/rights.ts";
import type { Refusal, Registry, Renderer, Scope, TrackEnd } from "../../track/mod.ts";
import type { EncoderEnd, EncoderRefusal, IngestProtocol } from "../../vocabulary/mod.ts";
import { PublishedBroadcast } from "./published_broadcast.ts";
import { Encoder } from "./encoder.ts";
import type { IngestMetrics } from "./metrics.ts";

/** What the configuration says of encoders, whatever they come by. */
export interface IngestSettings {
  readonly maxEncoders: number;
  readonly idleTimeoutMs: number;
  readonly reconnectMs: number;
  /** Bytes of one object. */
  readonly maxObjectBytes: number;
  /** Of a session, which tokens may lower. */
  readonly sessionLimits: SessionLimits;
}

type SessionLimits = ReturnType<Rights["limitsOf"]>;

/** The dependencies of {@linkcode Ingests}. */
export interface IngestsParts {
  readonly settings: IngestSettings;
  readonly registry: Pick<Registry, "enter" | "leave">;
  readonly gate: Gate;
  /** Why nobody may publish a namespace; undefined for any other. */
  readonly checkNamespace: (namespace: Namespace) => Refusal | undefined;
  readonly relayName: string;
  readonly renderer: Renderer;
  /** The next number of a session. */
  readonly nextId: () => number;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** What an encoder says of itself when it comes. */
export interface EncoderRequest {
  readonly protocol: IngestProtocol;
  /** What it publishes, from its key or its URL. */
  readonly namespace: Namespace;
  readonly tokens: readonly string[];
  readonly remoteAddress: string;
}

/** Why an encoder was not let in. */
export interface EncoderDenial {
  readonly why: EncoderRefusal;
  /** For people. */
  readonly reason: string;
}

/** A broadcast whose encoder is lost and may come back. */
interface Waiting {
  readonly broadcast: PublishedBroadcast;
  readonly timer: Timer;
  end(): void;
}

/** All encoders of the relay: lets them in by the rules for publishers, and ends them. */
export class Ingests {
  readonly #parts: IngestsParts;
  readonly #encoders = new Set<Encoder>();
  // By namespaceKey.
  readonly #waiting = new Map<string, Waiting>();
  readonly #leaving = new WeakMap<Encoder, () => void>();
  #isClosed = false;

  constructor(parts: IngestsParts) {
    this.#parts = parts;
  }

  /** How many encoders there are. */
  get size(): number {
    return this.#encoders.size;
  }

  /** The encoders, the longest-living first. */
  get encoders(): Iterable<Pick<Encoder, "view">> {
    return this.#encoders;
  }

  /** Counts an encoder that is not let in, and says why. */
  refuse(denial: EncoderDenial, fields: Record<string, unknown>): EncoderDenial {
    const { metrics, log } = this.#parts;
    metrics.encoders.refused[denial.why]++;
    log.warn("encoder refused", { ...fields, reason: denial.reason });
    return denial;
  }

  /** Lets an encoder in, or says why it may not publish. */
  async admit(request: EncoderRequest): Promise<Outcome<Encoder, EncoderDenial>> {
    const { protocol, namespace, remoteAddress } = request;
    const outcome = await this.#admit(request);
    if (outcome.ok) return outcome;
    const fields = { protocol, peer: remoteAddress, namespace: namespaceText(namespace) };
    return refused(this.refuse(outcome.refusal, fields));
  }

  async #admit(request: EncoderRequest): Promise<Outcome<Encoder, EncoderDenial>> {
    const { gate, checkNamespace, nextId } = this.#parts;
    const { namespace } = request;
    const unfit = this.#full() ??
      (namespace.length === 0 ? NO_NAME : denialOf("name", checkNamespace(namespace)));
    if (unfit !== undefined) return refused(unfit);
    const query = request.tokens.map((token) => `jwt=${encodeURIComponent(token)}`).join("&");
    const id = nextId();
    const admitted = await gate.admit({
      session: id,
      path: query === "" ? "/" : `/?${query}`,
      tokens: [],
      remoteAddress: request.remoteAddress,
      protocol: request.protocol,
      relayName: undefined,
    });
    if (!admitted.ok) return refused(denialOf("unauthorized", admitted.refusal));
    const rights = admitted.value;
    const allowed = await rights.authorize({ action: "publish_namespace", namespace, tokens: [] });
    // Others came while it was looked who this is.
    const late = allowed.ok
      ? this.#full() ?? this.#excess(rights)
      : denialOf("unauthorized", allowed.refusal);
    if (allowed.ok && late === undefined) {
      return this.#begin(request, { id, rights, permit: allowed.value });
    }
    if (allowed.ok) allowed.value.release();
    rights.close();
    return refused(late ?? CLOSED);
  }

  /** Why an encoder that may publish the name may not publish at all. */
  #excess(rights: Rights): EncoderDenial | undefined {
    const { maxNamespaces } = rights.limitsOf(this.#parts.settings.sessionLimits);
    return maxNamespaces > 0 ? undefined : NO_NAMESPACES;
  }

  /** Why nobody is let in now. */
  #full(): EncoderDenial | undefined {
    const { maxEncoders } = this.#parts.settings;
    if (this.#isClosed) return CLOSED;
    return this.#encoders.size < maxEncoders
      ? undefined
      : { why: "max_encoders", reason: `more than ${maxEncoders} encoders` };
  }

  #begin(
    request: EncoderRequest,
    { id, rights, permit }: {
      readonly id: number;
      readonly rights: Rights;
      readonly permit: Pick<Permit, "onLost" | "release">;
    },
  ): Outcome<Encoder, EncoderDenial> {
    const { registry, settings, clock, log } = this.#parts;
    const { protocol, namespace, remoteAddress: peer } = request;
    const scope = registry.enter(SCOPE);
    const own = log.with({ session: id });
    const metrics = rights.measured(this.#parts.metrics, () => broadcast.codecs.length);
    const limits = rights.limitsOf(settings.sessionLimits);
    const parts = { id, scope, namespace, log: own, metrics, limits };
    const broadcast: PublishedBroadcast = this.#broadcast(parts);
    const taken = this.#refusalOf(broadcast, namespace);
    if (taken !== undefined) {
      registry.leave(SCOPE);
      permit.release();
      rights.close();
      return refused(denialOf("name", taken));
    }
    const encoder = new Encoder({
      view: { id, peer, protocol, path: scope.path, namespace: namespaceText(namespace) },
      broadcast,
      idleMs: settings.idleTimeoutMs,
      clock,
      log: own,
      onEnded: (encoder, how, end) => this.#ended(encoder, { how, end, namespace }),
    });
    this.#encoders.add(encoder);
    this.#leaving.set(encoder, () => {
      permit.release();
      rights.close();
    });
    permit.onLost(({ reason }) => encoder.end("unauthorized", reason));
    rights.onLost(({ reason }) => encoder.end("unauthorized", reason));
    metrics.encoders.begun[protocol]++;
    const { tenant, subject, token } = rights.holder;
    own.info("encoder started", {
      protocol,
      peer,
      namespace: namespaceText(namespace),
      path: scope.path,
      tenant,
      subject,
      token,
    });
    return done(encoder);
  }

  /** Why another publisher keeps the namespace, but for an encoder that is lost. */
  #refusalOf(broadcast: PublishedBroadcast, namespace: Namespace): Refusal | undefined {
    const waiting = this.#waiting.get(namespaceKey(namespace));
    if (broadcast.refusal !== undefined) waiting?.end();
    return broadcast.refusal;
  }

  #broadcast(
    { namespace, ...own }: {
      readonly id: number;
      readonly scope: Scope;
      readonly namespace: Namespace;
      readonly log: Log;
      readonly metrics: IngestMetrics;
      readonly limits: SessionLimits;
    },
  ): PublishedBroadcast {
    const { relayName, renderer, settings, clock } = this.#parts;
    const key = namespaceKey(namespace);
    return new PublishedBroadcast({
      ...own,
      relayName,
      namespace,
      renderer,
      maxObjectBytes: settings.maxObjectBytes,
      clock,
      // The one that was lost has come back.
      onLive: () => this.#waiting.get(key)?.end(),
    });
  }

  #ended(
    encoder: Encoder,
    { how, end, namespace }: {
      readonly how: EncoderEnd;
      readonly end: TrackEnd;
      readonly namespace: Namespace;
    },
  ): void {
    const { metrics, clock, settings: { reconnectMs } } = this.#parts;
    metrics.encoders.ended[how]++;
    this.#encoders.delete(encoder);
    this.#leaving.get(encoder)?.();
    const { broadcast } = encoder;
    const key = namespaceKey(namespace);
    const finish = () => {
      broadcast.end(end);
      this.#parts.registry.leave(SCOPE);
    };
    const mayComeBack = end.kind === "lost" && reconnectMs > 0 && !this.#isClosed;
    if (!mayComeBack) return finish();
    this.#waiting.get(key)?.end();
    const waiting: Waiting = {
      broadcast,
      timer: clock.after(reconnectMs, () => waiting.end()),
      end: () => {
        waiting.timer.cancel();
        if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
        finish();
      },
    };
    this.#waiting.set(key, waiting);
  }

  /** Ends all encoders, and lets no more in. */
  close(reason: string): void {
    this.#isClosed = true;
    for (const encoder of [...this.#encoders]) encoder.end("drained", reason);
    for (const waiting of [...this.#waiting.values()]) waiting.end();
  }
}

/** The scope of sessions that connect to `/`, where encoders publish. */
const SCOPE = "";

function denialOf(why: EncoderRefusal, refusal: Refusal): EncoderDenial;
function denialOf(why: EncoderRefusal, refusal: Refusal | undefined): EncoderDenial | undefined;
function denialOf(why: EncoderRefusal, refusal: Refusal | undefined): EncoderDenial | undefined {
  return refusal && { why, reason: refusal.reason };
}

const NO_NAMESPACES: EncoderDenial = {
  why: "unauthorized",
  reason: "its token allows no namespace",
};

const CLOSED: EncoderDenial = { why: "draining", reason: "the relay is shutting down" };

const NO_NAME: EncoderDenial = {
  why: "name",
  reason: "the key is empty: it names what is published",
};
