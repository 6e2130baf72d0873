import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { rfc9000 } from "@qumo/shared/wire";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { newIngests, rtmpParts } from "../../../relay/ingest.ts";
import type { Ingests } from "../../../relay/media/ingest/ingests.ts";
import { RtmpConnection, type RtmpParts } from "../../../relay/media/rtmp/connection.ts";
import type { Scope, Track } from "../../../relay/track/mod.ts";
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
    const parts = { config, gate, mesh: { name: RELAY_NAME }, metrics, clock, log };
    let lastId = 0;
    this.scope = registry.enter("");
    const ingests = this.ingests = newIngests(parts, registry, () => ++lastId);
    // What is too large for an object is still read.
    const { maxObjectBytes: maxMessageBytes } = DEFAULTS.limits;
    this.#rtmp = { ...rtmpParts({ ...parts, ingests }), maxMessageBytes, clock };
  }

  /** Connects an encoder, which has sent nothing yet. */
  encoder(): ScriptedEncoder {
    return scriptedEncoder(`192.0.2.1:${++this.#count}`, this.#rtmp);
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
    return new Viewer(opened.value.track);
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
export type ScriptedEncoder = ReturnType<typeof scriptedEncoder>;

function scriptedEncoder(
  remoteAddress: string,
  parts: RtmpParts & { readonly clock: ManualClock },
) {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  let end: Error | null | undefined;
  let wake = () => {};
  const encoder = {
    remoteAddress,
    isClosed: false,
    /** Whether nothing that the relay writes is read any more. */
    isStuck: false,
    /** What was sent that the relay has not read. */
    unread: new Uint8Array() as Uint8Array,
    /** What the relay has sent, as text. */
    received: "",

    /** Sends bytes, and lets the relay take them. */
    async send(...sent: readonly Uint8Array[]): Promise<void> {
      encoder.unread = joinBytes([encoder.unread, ...sent]);
      wake();
      await parts.clock.advance(0);
    },

    /** Ends the connection behind what was sent, as a machine that fails, or by a fault of the relay. */
    async vanish(fault: Error | null = null): Promise<void> {
      end = fault;
      await encoder.send();
    },

    async read(into: Uint8Array): Promise<number | null> {
      while (encoder.unread.length === 0) {
        if (encoder.isClosed) throw new Deno.errors.BadResource("closed");
        if (end === null) return null;
        if (end !== undefined) throw end;
        await new Promise<void>((resolve) => wake = resolve);
      }
      const part = encoder.unread.subarray(0, into.length);
      into.set(part);
      encoder.unread = encoder.unread.subarray(part.length);
      return part.length;
    },

    write(bytes: Uint8Array): Promise<void> {
      if (encoder.isStuck) return closed.promise;
      encoder.received += new TextDecoder("latin1").decode(bytes);
      return Promise.resolve();
    },

    close(): void {
      encoder.isClosed = true;
      encoder.unread = new Uint8Array();
      wake();
      closed.reject(new Deno.errors.BadResource("closed"));
    },

    isEnd: (error: unknown) => error instanceof Deno.errors.BadResource,
  };
  /** When the relay is through with the connection. */
  const ended = new RtmpConnection(parts, encoder).run();
  return Object.assign(encoder, { ended });
}

/** A viewer of one track, who has all of its newest group and what comes after it. */
export class Viewer extends Subscriber {
  constructor(track: Track) {
    super(track);
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
}
