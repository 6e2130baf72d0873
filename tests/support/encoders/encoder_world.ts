import assert from "node:assert/strict";
import { done } from "@qumo/shared/runtime";
import { commonDraft, rfc9000 } from "@qumo/shared/wire";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { Ingests, type IngestSettings } from "../../../relay/media/ingest/ingests.ts";
import { RtmpConnection, type RtmpTransport } from "../../../relay/media/rtmp/connection.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { checkNamespace } from "../../../relay/session/connection/reserved.ts";
import { rendererOf } from "../../../relay/session/moqt/dialect/renderer.ts";
import { type Gate, openGate } from "../../../relay/session/rights.ts";
import {
  Cache,
  type OpenTrack,
  Registry,
  type Scope,
  type SubgroupLog,
  type Track,
  type TrackEnd,
} from "../../../relay/track/mod.ts";
import type { ReplacementPolicy } from "../../../relay/vocabulary/mod.ts";
import { concat } from "../concat.ts";
import { ManualClock } from "../worlds/manual_clock.ts";
import { memoryLog } from "../worlds/memory_log.ts";
import { nameOf, WIDE } from "../worlds/track_model.ts";
import { publishBytes } from "./rtmp_bytes.ts";

/** What may be different from the usual. */
export interface EncoderWorldOptions {
  readonly settings?: Partial<IngestSettings>;
  readonly gate?: Gate;
  readonly policy?: ReplacementPolicy;
  readonly maxBytesPerSecond?: number;
}

/** A moment of 2026, in milliseconds since 1970. */
export const EPOCH = 1_780_000_000_000;

export const IDLE_MS = 10_000;
export const RECONNECT_MS = 5_000;
export const HANDSHAKE_MS = 3_000;

/** A relay's encoders and its tracks, without a network. */
export class EncoderWorld {
  readonly clock = new ManualClock(EPOCH);
  readonly metrics = new RelayMetrics();
  readonly registry: Registry;
  readonly scope: Scope;
  readonly ingests: Ingests;
  readonly lines: ReturnType<typeof memoryLog>["lines"];
  readonly #log: ReturnType<typeof memoryLog>["log"];
  readonly #options: EncoderWorldOptions;
  #connections = 0;

  constructor(options: EncoderWorldOptions = {}) {
    const { settings, gate = openGate, policy = "newest" } = options;
    const { clock, metrics } = this;
    ({ log: this.#log, lines: this.lines } = memoryLog());
    this.#options = options;
    this.registry = new Registry({
      clock,
      cache: new Cache(WIDE, clock, metrics.evictions),
      linger: 100,
      maxTracks: 100,
      policyOf: () => policy,
    });
    this.scope = this.registry.enter("");
    let lastId = 0;
    this.ingests = new Ingests({
      settings: {
        maxEncoders: 10,
        idleTimeoutMs: IDLE_MS,
        reconnectMs: RECONNECT_MS,
        maxObjectBytes: 100_000,
        sessionLimits: DEFAULTS.limits,
        ...settings,
      },
      registry: this.registry,
      gate,
      checkNamespace,
      relayName: "here",
      renderer: rendererOf(commonDraft.data),
      nextId: () => ++lastId,
      metrics,
      clock,
      log: this.#log,
    });
  }

  /** Connects an encoder, which has sent nothing yet. */
  connect(): ScriptedEncoder {
    const { ingests, clock, metrics } = this;
    const transport = new MemoryTransport(`192.0.2.1:${++this.#connections}`);
    const connection = new RtmpConnection({
      ingests,
      maxMessageBytes: 100_000,
      maxBytesPerSecond: this.#options.maxBytesPerSecond ?? 1e9,
      handshakeTimeoutMs: HANDSHAKE_MS,
      onLimit: (limit) => void metrics.encoders.limits[limit]++,
      clock,
      log: this.#log,
    }, transport);
    return new ScriptedEncoder(this, transport, connection.run());
  }

  /** Connects an encoder that publishes. */
  async publish(app = "live", key = "cam"): Promise<ScriptedEncoder> {
    const encoder = this.connect();
    await encoder.send(publishBytes(app, key));
    return encoder;
  }

  /** A viewer of a track. */
  async watch(...name: string[]): Promise<Viewer> {
    const stop = new AbortController();
    const opening = this.scope.open(nameOf(...name), {
      rendezvous: 0,
      forward: true,
      signal: stop.signal,
    });
    await this.clock.advance(0);
    const opened = await opening;
    assert.ok(opened.ok, opened.ok ? "" : opened.refusal.reason);
    return new Viewer(opened.value);
  }

  /** What was said, by these words. */
  said(text: string): readonly unknown[] {
    return this.lines.filter((line) => line.text === text).map(({ fields }) => fields);
  }

  /** Ends everything, and then nothing may be left. */
  async close(): Promise<void> {
    this.ingests.close("the test is over");
    await this.clock.advance(1_000);
    this.registry.leave("");
    assert.deepEqual([[...this.registry.scopes()].length, this.clock.pending], [0, 0]);
  }
}

/** An encoder whose every byte the test sends. */
export class ScriptedEncoder {
  readonly ended: Promise<void>;
  readonly #world: EncoderWorld;
  readonly #transport: MemoryTransport;

  constructor(world: EncoderWorld, transport: MemoryTransport, ended: Promise<void>) {
    this.#world = world;
    this.#transport = transport;
    this.ended = ended;
  }

  get isClosed(): boolean {
    return this.#transport.isClosed;
  }

  /** What the relay has sent, as text. */
  get received(): string {
    return new TextDecoder("latin1").decode(concat(this.#transport.written));
  }

  /** How many bytes were sent that the relay has not read. */
  get unread(): number {
    return this.#transport.unread;
  }

  /** Sends bytes, and lets the relay take them. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    this.#transport.feed(concat(parts));
    await this.#world.clock.advance(0);
  }

  /** Reads nothing any more. */
  getStuck(): void {
    this.#transport.isStuck = true;
  }

  /** Lets reading fail by something that is no fault of the connection. */
  async fail(error: Error): Promise<void> {
    this.#transport.failure = error;
    await this.send(Uint8Array.of(0));
  }

  /** Closes the connection, as a machine that fails. */
  async vanish(): Promise<void> {
    this.#transport.finish();
    await this.#world.clock.advance(0);
  }
}

class MemoryTransport implements RtmpTransport {
  readonly remoteAddress: string;
  readonly written: Uint8Array[] = [];
  isClosed = false;
  failure: Error | undefined;
  isStuck = false;
  #sent: Uint8Array[] = [];
  #isFinished = false;
  #wake: () => void = () => {};
  readonly #closed = Promise.withResolvers<never>();

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
    this.#closed.promise.catch(() => {});
  }

  get unread(): number {
    return this.#sent.reduce((sum, { length }) => sum + length, 0);
  }

  feed(bytes: Uint8Array): void {
    this.#sent.push(bytes);
    this.#wake();
  }

  finish(): void {
    this.#isFinished = true;
    this.#wake();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#sent.length === 0) {
      if (this.isClosed) throw new Deno.errors.BadResource("closed");
      if (this.#isFinished) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.failure !== undefined) throw this.failure;
    const first = this.#sent.shift()!;
    into.set(first.subarray(0, into.length));
    if (first.length > into.length) this.#sent.unshift(first.subarray(into.length));
    return Math.min(first.length, into.length);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.isStuck) return this.#closed.promise;
    this.written.push(bytes);
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.#sent = [];
    this.#wake();
    this.#closed.reject(new Deno.errors.BadResource("closed"));
  }

  isEnd(error: unknown): boolean {
    return error instanceof Deno.errors.BadResource;
  }
}

/** An object as a viewer has it. */
export interface SeenObject {
  readonly group: bigint;
  readonly object: number;
  readonly payload: Uint8Array;
}

/** A viewer of one track, which notes every group that it is told of. */
export class Viewer {
  readonly track: Track;
  end: TrackEnd | undefined;
  readonly #logs: SubgroupLog[] = [];
  readonly #opened: OpenTrack;

  constructor(opened: OpenTrack) {
    this.#opened = opened;
    this.track = opened.track;
    const { largest } = this.track;
    if (largest !== undefined) {
      this.#logs.push(...this.track.group(largest.group)?.logs ?? []);
    }
    this.track.follow({
      subgroup: (log) => void this.#logs.push(log),
      datagram: () => {},
      ended: (end) => this.end = end,
    });
  }

  /** All objects so far. */
  get objects(): SeenObject[] {
    return this.#logs.flatMap((log) =>
      Array.from({ length: log.count }, (_, index) => {
        const { id, payloadStart, payloadLength } = log.objectAt(index);
        const payload = concat([...log.views(payloadStart, payloadStart + payloadLength)]);
        return { group: log.group, object: id, payload };
      })
    );
  }

  /** How many objects each group has. */
  get groups(): number[] {
    return this.#logs.map(({ count }) => count);
  }

  /** Whether each group is complete. */
  get states(): string[] {
    return this.#logs.map(({ state }) => state);
  }

  /** The timestamps of hang's frames, in milliseconds since the world began. */
  get times(): number[] {
    return this.objects.map(({ payload }) => rfc9000.readNumber(payload, 0) / 1_000 - EPOCH);
  }

  /** The newest object as JSON. */
  get json(): unknown {
    return JSON.parse(new TextDecoder().decode(this.objects.at(-1)!.payload));
  }

  leave(): void {
    this.#opened.demand.release();
  }
}

/** A gate that lets in who shows this token, until the returned function is called. */
export function gateFor(token: string): { readonly gate: Gate; readonly revoke: () => void } {
  let tell: (reason: string) => void = () => {};
  const gate: Gate = {
    async admit(peer) {
      const all = await openGate.admit(peer);
      if (!all.ok) return all;
      const isGood = new URLSearchParams(peer.path.split("?")[1]).get("jwt") === token;
      const refusal = { kind: "unauthorized", reason: "no such token" } as const;
      if (!isGood) return { ok: false, refusal };
      return done({
        ...all.value,
        async authorize(request) {
          const permit = await all.value.authorize(request);
          if (!permit.ok) return permit;
          return done({
            ...permit.value,
            onLost: (lost) => tell = (reason) => lost({ kind: "expired_auth_token", reason }),
          });
        },
      });
    },
  };
  return { gate, revoke: () => tell("the token has expired") };
}
