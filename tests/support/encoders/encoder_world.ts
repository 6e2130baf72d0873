import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { rfc9000 } from "@qumo/shared/wire";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { newIngests } from "../../../relay/ingest.ts";
import type { Ingests } from "../../../relay/media/ingest/ingests.ts";
import {
  RtmpConnection,
  type RtmpParts,
  type RtmpTransport,
} from "../../../relay/media/rtmp/connection.ts";
import type { OpenTrack, Scope } from "../../../relay/track/mod.ts";
import type { ManualClock } from "../worlds/manual_clock.ts";
import { RELAY_NAME, SessionWorld, type WorldOptions } from "../worlds/session_world.ts";
import { nameOf, Subscriber, WIDE } from "../worlds/track_model.ts";
import { publishBytes } from "./rtmp_bytes.ts";

/** What may be different from the usual. */
export interface EncoderWorldOptions extends Pick<WorldOptions, "gate" | "limits" | "policy"> {
  readonly ingest?: Partial<typeof DEFAULTS.ingest>;
}

/** A relay's encoders and its tracks, without a network. */
export class EncoderWorld extends SessionWorld {
  readonly scope: Scope;
  readonly ingests: Ingests;
  readonly #rtmp: RtmpParts & { readonly clock: ManualClock };
  #count = 0;

  constructor({ ingest, ...options }: EncoderWorldOptions = {}) {
    super({ ...options, cache: WIDE });
    const { registry, gate, metrics, clock, log, settings: { limits } } = this;
    const config = { ...DEFAULTS, ingest: { ...DEFAULTS.ingest, ...ingest }, limits };
    const mesh = { name: RELAY_NAME };
    let lastId = 0;
    this.scope = registry.enter("");
    this.ingests = newIngests(
      { config, gate, mesh, metrics, clock, log },
      registry,
      () => ++lastId,
    );
    this.#rtmp = {
      ingests: this.ingests,
      // What is too large for an object is still read.
      maxMessageBytes: DEFAULTS.limits.maxObjectBytes,
      maxBytesPerSecond: config.ingest.maxBytesPerSecond,
      handshakeTimeoutMs: config.server.handshakeTimeoutMs,
      onLimit: (limit) => void metrics.encoders.limits[limit]++,
      clock,
      log,
    };
  }

  /** Connects an encoder, which has sent nothing yet. */
  encoder(): ScriptedEncoder {
    return new ScriptedEncoder(`192.0.2.1:${++this.#count}`, this.#rtmp);
  }

  /** Connects an encoder that publishes. */
  async publish(app = "live", key = "cam"): Promise<ScriptedEncoder> {
    const encoder = this.encoder();
    await encoder.send(publishBytes(app, key));
    return encoder;
  }

  /** A viewer of a track. */
  async watch(...name: string[]): Promise<Viewer> {
    const { signal } = new AbortController();
    const wanted = { rendezvous: 0, forward: true, signal };
    const opening = this.scope.open(nameOf(...name), wanted);
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
  override async [Symbol.asyncDispose](): Promise<void> {
    this.ingests.close("the test is over");
    await this.clock.advance(1_000);
    this.registry.leave("");
    await super[Symbol.asyncDispose]();
    assert.deepEqual([...this.registry.scopes()], []);
  }
}

/** An encoder whose every byte the test sends, and its connection to the relay. */
export class ScriptedEncoder implements RtmpTransport {
  readonly remoteAddress: string;
  /** When the relay is through with the connection. */
  readonly ended: Promise<void>;
  isClosed = false;
  /** Whether nothing that the relay writes is read any more. */
  isStuck = false;
  /** What was sent that the relay has not read. */
  unread: Uint8Array = new Uint8Array();
  /** What the relay has sent, as text. */
  received = "";
  readonly #clock: ManualClock;
  readonly #closed = Promise.withResolvers<never>();
  #end: Error | null | undefined;
  #wake = () => {};

  constructor(remoteAddress: string, parts: RtmpParts & { readonly clock: ManualClock }) {
    this.remoteAddress = remoteAddress;
    this.#clock = parts.clock;
    this.#closed.promise.catch(() => {});
    this.ended = new RtmpConnection(parts, this).run();
  }

  /** Sends bytes, and lets the relay take them. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    this.unread = joinBytes([this.unread, ...parts]);
    this.#wake();
    await this.#clock.advance(0);
  }

  /** Ends the connection behind what was sent, as a machine that fails, or by a fault of the relay. */
  async vanish(fault: Error | null = null): Promise<void> {
    this.#end = fault;
    await this.send();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.unread.length === 0) {
      if (this.isClosed) throw new Deno.errors.BadResource("closed");
      if (this.#end === null) return null;
      if (this.#end !== undefined) throw this.#end;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const part = this.unread.subarray(0, into.length);
    into.set(part);
    this.unread = this.unread.subarray(part.length);
    return part.length;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.isStuck) return this.#closed.promise;
    this.received += new TextDecoder("latin1").decode(bytes);
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.unread = new Uint8Array();
    this.#wake();
    this.#closed.reject(new Deno.errors.BadResource("closed"));
  }

  isEnd(error: unknown): boolean {
    return error instanceof Deno.errors.BadResource;
  }
}

/** A viewer of one track, who has all of its newest group and what comes after it. */
export class Viewer extends Subscriber {
  readonly #opened: OpenTrack;

  constructor(opened: OpenTrack) {
    const { track } = opened;
    super(track);
    this.#opened = opened;
    if (track.largest !== undefined) {
      track.group(track.largest.group)?.logs.forEach((log) => this.subgroup(log));
    }
  }

  /** The payloads of all objects so far. */
  get objects(): Uint8Array[] {
    return this.copies.flatMap(({ objects }) => objects.map(({ payload }) => payload));
  }

  /** How many objects each group has. */
  get groups(): number[] {
    return this.copies.map(({ objects }) => objects.length);
  }

  /** The timestamps of hang's frames, in milliseconds since the world began. */
  get times(): number[] {
    return this.objects.map((payload) => rfc9000.readNumber(payload, 0) / 1_000);
  }

  /** The newest object as JSON. */
  get json(): unknown {
    return JSON.parse(new TextDecoder().decode(this.objects.at(-1)));
  }

  leave(): void {
    this.#opened.demand.release();
  }
}
