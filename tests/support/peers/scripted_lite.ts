import {
  encodeStreamType,
  FrameDecoder,
  FrameWriter,
  type Layout,
  type LiteGroup,
  type LiteSetup,
  type LiteSubscribe,
  type LiteTrackInfo,
  type LiteVersion,
  rfc9000,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { isTransportEnd } from "../../../relay/session/errors.ts";
import { readVarint } from "../../../relay/session/framing.ts";
import { Input } from "../../../relay/session/input.ts";
import { readBody, readLite } from "../../../relay/session/lite/framing.ts";
import type { BidiStream, Connection, SendStream } from "../../../relay/transport/types.ts";
import { dialRelay, type QuicServerAddress } from "../transport/quic_transport.ts";
import { Queue } from "./queue.ts";

/** What a subscription asks for when a test does not say. */
const USUAL: Omit<LiteSubscribe, "id" | "broadcast" | "track"> = {
  priority: 128,
  oldestFirst: false,
  maxAge: 10_000n,
  start: { kind: "latest" },
  endGroup: undefined,
  startFrame: 0n,
  endFrame: undefined,
};

/** A group as the relay sent it. */
export interface HeardGroup extends LiteGroup, HeardFrames {}

/** The frames of a stream. */
export interface HeardFrames {
  readonly frames: readonly HeardFrame[];
  /** How the stream ended: with FIN, within a frame, or with the code of a reset. */
  readonly end: "fin" | "cut" | number;
}

/** A frame as the relay sent it. */
export interface HeardFrame {
  readonly timestamp: bigint;
  readonly payload: Uint8Array;
}

/** A subscription of the relay. */
export interface AskedFeed extends LiteSubscribe {
  readonly stream: LiteTransaction;
}

/** What a scripted publisher says of its tracks. */
const TRACK_INFO: LiteTrackInfo = {
  priority: 3,
  oldestFirst: false,
  maxAge: 5_000n,
  timescale: 1_000n,
};

/** One transaction of a scripted peer, as raw as it likes. */
export class LiteTransaction {
  readonly input: Input;
  readonly output: SendStream;

  constructor({ send, receive }: BidiStream, { streamCodes: codes }: LiteVersion) {
    this.output = send;
    this.input = new Input(receive, Infinity, { codes });
  }

  /** The relay's next message, or how its half ended: with FIN, or with the code of a reset. */
  async next<T>(layout: Layout<T>): Promise<T | "fin" | number> {
    return await ending(() => readLite(this.input, layout)) ?? "fin";
  }
}

/** A peer of moq-lite that does what a test says, and nothing else. */
export class ScriptedLite {
  readonly version: LiteVersion;
  /** What the relay asks for, by the type of its stream. */
  readonly requests = new Queue<{ readonly type: bigint; readonly stream: LiteTransaction }>();
  /** Groups that come are read when this is over. */
  held: Promise<void> = Promise.resolve();
  /** The groups that the relay sends, in the order in which they end. */
  readonly groups = new Queue<HeardGroup>();
  /** What the relay says of itself. */
  readonly setup = Promise.withResolvers<LiteSetup>();
  readonly connection: Connection;
  /** Called with each frame as it comes, and its number in the group. */
  onFrame: (group: LiteGroup, frame: HeardFrame, number: number) => void = () => {};

  constructor(connection: Connection, version: LiteVersion) {
    this.connection = connection;
    this.version = version;
    void this.#acceptBidi();
    void this.#acceptUni();
  }

  /** Connects to a relay over QUIC, and says what the peer is. */
  static async dial(server: QuicServerAddress, version: LiteVersion): Promise<ScriptedLite> {
    const peer = new ScriptedLite(await dialRelay(server, version.protocol), version);
    await peer.say();
    return peer;
  }

  /** Says what the peer is, where the version has words for it. */
  async say(setup: LiteSetup = { probe: 0 }): Promise<void> {
    const { messages, uniStreams } = this.version;
    if (messages.setup === undefined) return;
    const stream = await this.openUni(uniStreams.setup!);
    await stream.write(messages.setup.encode(setup));
    await stream.finish();
  }

  /** Opens a stream that begins with this type. */
  async openUni(type: bigint): Promise<SendStream> {
    const stream = await this.connection.openUni();
    await stream.write(encodeStreamType(type));
    return stream;
  }

  /** Opens a transaction of this type. */
  async open(type: bigint, first?: Uint8Array): Promise<LiteTransaction> {
    const transaction = new LiteTransaction(await this.connection.openBidi(), this.version);
    await transaction.output.write(encodeStreamType(type));
    if (first !== undefined) await transaction.output.write(first);
    return transaction;
  }

  /** Subscribes to a track. */
  subscribe(
    id: bigint,
    [broadcast, track]: readonly [string, string],
    options: Partial<LiteSubscribe> = {},
  ): Promise<LiteTransaction> {
    const { requests, messages } = this.version;
    const message = { ...USUAL, id, broadcast, track, ...options };
    return this.open(requests.subscribe!, messages.subscribe.encode(message));
  }

  /** Asks for what is announced below a prefix. */
  async announcements(prefix = "", excludeHop = 0n) {
    const { requests, messages, announcements } = this.version;
    const first = messages.announceRequest.encode({ prefix, excludeHop });
    const { input } = await this.open(requests.announce!, first);
    const reader = announcements.reader();
    return {
      /** The next event, without the ANNOUNCE_OK of newer versions; or how the stream ended. */
      async next() {
        for (;;) {
          const message = await ending(() => readBody(input, reader.layout)) ?? "fin";
          if (typeof message !== "object") return message;
          const event = reader.decode(message.type, message.body);
          if (event.kind !== "ok") return event;
        }
      },
    };
  }

  /** The relay's next request, which must be of this kind. */
  async asked(kind: keyof LiteVersion["requests"]): Promise<LiteTransaction> {
    const request = await this.requests.next();
    assert.equal(request?.type, this.version.requests[kind], `The relay asks for no ${kind}`);
    return request!.stream;
  }

  /** The relay's subscription at this peer, which agrees to it. */
  async agree(): Promise<AskedFeed> {
    const { messages, requests } = this.version;
    let feed: AskedFeed | undefined;
    let isTold = messages.trackInfo === undefined;
    while (feed === undefined || !isTold) {
      const { type, stream } = (await this.requests.next())!;
      if (type === requests.track) {
        await this.describe(stream);
        isTold = true;
      } else if (type === requests.subscribe) {
        feed = { ...(await readLite(stream.input, messages.subscribe))!, stream };
      }
    }
    await this.agreeTo(feed.stream);
    return feed;
  }

  /** Answers the relay's request for announcements, of which these are there to begin with. */
  async announce(
    routes: Readonly<Record<string, readonly bigint[]>>,
    hop = 0n,
  ): Promise<SaidAnnouncements> {
    const stream = await this.asked("announce");
    await readLite(stream.input, this.version.messages.announceRequest);
    const said = sayAnnouncements(stream, this.version, hop);
    await said.begin(routes);
    return said;
  }

  /** Sends a group, complete or up to where it has come. */
  async group(
    header: Omit<LiteGroup, "startFrame"> & Partial<LiteGroup>,
    payloads: readonly Uint8Array[],
    { isComplete = true, timestamp = 1_000n } = {},
  ): Promise<SendStream> {
    const { messages, uniStreams } = this.version;
    const stream = await this.openUni(uniStreams.group!);
    await stream.write(messages.group.encode({ startFrame: 0n, ...header }));
    const write = frameWriter(stream, this.version, timestamp);
    for (const payload of payloads) await write(payload);
    if (isComplete) await stream.finish();
    return stream;
  }

  /** Fetches a group. */
  async fetch([broadcast, track]: readonly [string, string], group: bigint): Promise<HeardFrames> {
    const { messages, requests } = this.version;
    const range = { group, startFrame: 0n, endFrame: undefined };
    const first = messages.fetch.encode({ broadcast, track, priority: 1, ...range });
    return await readFrames((await this.open(requests.fetch!, first)).input, this.version);
  }

  /** Agrees to the relay's subscription on this stream, where the version has words for it. */
  async agreeTo(stream: LiteTransaction): Promise<void> {
    const { trackInfo, subscribeReply } = this.version.messages;
    if (trackInfo !== undefined) return;
    const ok = { kind: "ok", group: undefined, endGroup: undefined, info: TRACK_INFO } as const;
    await stream.output.write(subscribeReply.encode(ok));
  }

  /** Says what its tracks are, on the stream of the relay's request for that. */
  async describe(stream: LiteTransaction): Promise<void> {
    await stream.output.write(this.version.messages.trackInfo!.encode(TRACK_INFO));
    await stream.output.finish();
  }

  close(): void {
    this.connection.close(0, "");
  }

  async #acceptBidi(): Promise<void> {
    for (;;) {
      const bidi = await this.connection.acceptBidi();
      if (bidi === undefined) return this.requests.end();
      const stream = new LiteTransaction(bidi, this.version);
      void ending(() => readVarint(stream.input, rfc9000)).then((type) => {
        if (typeof type === "bigint") this.requests.push({ type, stream });
      });
    }
  }

  async #acceptUni(): Promise<void> {
    const { version } = this;
    for (;;) {
      const stream = await this.connection.acceptUni();
      if (stream === undefined) return this.groups.end();
      const input = new Input(stream, Infinity, { codes: version.streamCodes });
      void this.held.then(() => this.#read(input));
    }
  }

  async #read(input: Input): Promise<void> {
    const { uniStreams, messages } = this.version;
    const type = await ending(() => readVarint(input, rfc9000));
    if (type === uniStreams.setup) {
      const setup = await readLite(input, messages.setup!);
      return this.setup.resolve(setup!);
    }
    if (type !== uniStreams.group) return;
    const header = await ending(() => readLite(input, messages.group));
    if (typeof header !== "object") return;
    const first = Number(header.startFrame);
    const heard = await readFrames(input, this.version, (frame, index) => {
      this.onFrame(header, frame, first + index);
    });
    this.groups.push({ ...header, ...heard });
  }
}

/** Writes the frames of a group, each a millisecond behind the one before. */
export function frameWriter(
  stream: SendStream,
  { frames }: LiteVersion,
  timestamp = 1_000n,
): (payload: Uint8Array) => Promise<void> {
  const writer = new FrameWriter(frames);
  return async (payload) => {
    const header = new Uint8Array(writer.sizeOf(timestamp, payload.length));
    writer.write(header, 0, timestamp++, payload.length);
    await stream.write(header);
    await stream.write(payload.slice());
  };
}

async function readFrames(
  input: Input,
  { frames: form }: LiteVersion,
  onFrame: (frame: HeardFrame, index: number) => void = () => {},
): Promise<HeardFrames> {
  const decoder = new FrameDecoder(form);
  const frames: HeardFrame[] = [];
  for (;;) {
    while (input.length > 0) {
      const start = decoder.decode(input.bytes, input.start, input.end);
      if (start < 0 || start + decoder.payloadLength > input.end) break;
      const end = start + decoder.payloadLength;
      const frame = { timestamp: decoder.timestamp, payload: input.bytes.slice(start, end) };
      onFrame(frame, frames.length);
      frames.push(frame);
      input.start = end;
    }
    const more = await ending(() => input.fill());
    if (typeof more === "number") return { frames, end: more };
    if (!more) return { frames, end: input.length > 0 ? "cut" : "fin" };
  }
}

/** What the relay announces on one stream. */
export type HeardAnnouncements = Awaited<ReturnType<ScriptedLite["announcements"]>>;

/** What a scripted peer announces on one stream. */
export type SaidAnnouncements = ReturnType<typeof sayAnnouncements>;

/** Announces on the stream of the relay's request for that. */
export function sayAnnouncements(
  stream: LiteTransaction,
  { announcements }: LiteVersion,
  hop: bigint,
) {
  const writer = announcements.writer(hop);
  const say = (bytes: Uint8Array) => stream.output.write(bytes);
  const start = (path: string, hops: readonly bigint[] = [], cost = COST) =>
    say(writer.start(path, hops, cost));
  return {
    start,
    update: (path: string, hops: readonly bigint[], cost = COST) =>
      say(writer.update(path, hops, cost)),
    end: (path: string) => say(writer.end(path)),
    async begin(routes: Readonly<Record<string, readonly bigint[]>>): Promise<void> {
      const ok = writer.ok(Object.keys(routes).length);
      if (ok.length > 0) await say(ok);
      for (const [path, hops] of Object.entries(routes)) await start(path, hops);
    },
  };
}

const COST = { warm: 1n, cold: 2n };

/** What `read` gives, or the code of the reset that ended its stream. */
async function ending<T>(read: () => Promise<T>): Promise<T | number> {
  try {
    return await read();
  } catch (error) {
    if (isTransportEnd(error)) return error.code;
    throw error;
  }
}
