import { joinBytes } from "@qumo/shared/runtime";
import {
  encodeDatagramHeader,
  encodeDatagramRest,
  encodeStreamType,
  FrameWriter,
  type FullTrackName,
  type Layout,
  type LiteVersion,
  MAX_TIMESTAMP,
} from "@qumo/shared/wire";
import type { LiteSubscribeReply } from "../../../shared/wire/lite/messages.ts";
import { trackTextOf } from "../../../relay/session/lite/dialect/names.ts";
import type { BidiStream, Connection } from "../../../relay/transport/mod.ts";
import type { Random } from "../random.ts";
import { HostileConnection, ignore, type Move, type StreamFate } from "./hostile_connection.ts";

/** A hostile peer of moq-lite. */
export class HostileLite extends HostileConnection {
  readonly #version: LiteVersion;
  readonly #tracks: readonly { readonly broadcast: string; readonly track: string }[];
  readonly #open: BidiStream[] = [];
  #nextId = 0n;

  /** `tracks` are what its requests are about, its own first. */
  constructor(
    connection: Connection,
    random: Random,
    version: LiteVersion,
    tracks: readonly FullTrackName[],
  ) {
    super(connection, random);
    this.#version = version;
    this.#tracks = tracks.map((track) => trackTextOf(track)!);
    void this.#meetRequests().catch(ignore);
  }

  override begin(): this {
    if (this.random.percent(98)) this.#sendSetup(7);
    for (const track of this.#tracks) {
      if (this.random.percent(50)) this.#ask("subscribe", [this.#subscribe(track)], "open");
    }
    return this;
  }

  override move(move: Move): void {
    if (move === "request") this.#request();
    else if (move === "answer") this.#answer();
    else if (move === "subgroup") void this.onNewUni(this.maybeMutate(25, this.#group()));
    else if (move === "datagram") {
      this.connection.sendDatagram(this.maybeMutate(25, this.#datagram()));
    } else this.#otherStream();
  }

  /** Says SETUP, which is damaged in so many of a hundred cases. */
  #sendSetup(share: number): void {
    const { setup } = this.#version.messages;
    const type = this.#version.uniStreams.setup;
    if (setup === undefined || type === undefined) return;
    const bytes = joinBytes([encodeStreamType(type), setup.encode({ probe: 0 })]);
    void this.onNewUni(this.maybeMutate(share, bytes), "fin");
  }

  #subscribe(track = this.random.pick(this.#tracks)): Uint8Array {
    const random = this.random;
    const id = random.percent(90) ? this.#nextId++ : random.integer() % MAX_TIMESTAMP;
    return this.#version.messages.subscribe.encode({ id, ...track, ...this.#update() });
  }

  #update() {
    const random = this.random;
    const isLast = this.#version.number === 6;
    const group = BigInt(random.below(8));
    const kind = isLast ? "floor" as const : "group" as const;
    return {
      priority: random.below(256),
      oldestFirst: random.percent(50),
      maxAge: BigInt(random.below(3_000)),
      start: random.percent(50) ? { kind: "latest" as const } : { kind, group },
      endGroup: random.percent(30) ? group + 1n : undefined,
      startFrame: isLast && random.percent(20) ? 1n : 0n,
      endFrame: undefined,
    };
  }

  #request(): void {
    const random = this.random;
    const { messages } = this.#version;
    const track = random.pick(this.#tracks);
    const fetched = { priority: random.below(256), group: this.#groupId() };
    const range = { startFrame: 0n, endFrame: undefined };
    const uri = random.percent(80) ? "" : "https://x/";
    type Made = readonly [keyof LiteVersion["requests"], Uint8Array | undefined];
    const [request, made] = random.pick<Made>([
      ["announce", messages.announceRequest.encode({ prefix: this.#prefix(), excludeHop: 0n })],
      ["subscribe", this.#subscribe()],
      ["subscribe", this.#subscribe()],
      ["fetch", messages.fetch.encode({ ...track, ...fetched, ...range })],
      ["probe", messages.probe.encode({ bitrate: 1_000n, rtt: 0n })],
      ["goaway", messages.goaway?.encode({ uri })],
      ["track", messages.track?.encode(track)],
    ]);
    const parts = [random.percent(5) ? random.bytes(30) : made ?? random.bytes(5)];
    while (random.percent(40)) {
      const update = messages.subscribeUpdate.encode(this.#update());
      parts.push(random.percent(70) ? update : random.bytes(20));
    }
    this.#ask(request, parts.map((bytes) => this.maybeMutate(15, bytes)));
  }

  /** Answers something that the relay asked for, or says more to it. */
  #answer(): void {
    const random = this.random;
    if (this.#open.length === 0) return this.#request();
    const stream = random.pick(this.#open);
    this.write(stream.send, this.maybeMutate(15, random.pick(this.#answers())));
    this.endSome(stream);
  }

  #answers(): readonly Uint8Array[] {
    const { random } = this;
    const { messages, announcements } = this.#version;
    const hop = random.percent(90) ? 77n : 0n;
    const [one, other] = [announcements.writer(hop), announcements.writer(hop)];
    const cost = { warm: 1n, cold: 2n };
    const info = { priority: 1, oldestFirst: true, maxAge: 1_000n, timescale: 1_000n };
    const group = this.#groupId();
    const name = random.percent(80) ? random.pick(this.#tracks).broadcast : this.#prefix();
    const reply: Layout<LiteSubscribeReply> = messages.subscribeReply;
    const early = { ...info, timescale: 0n };
    return [
      one.ok(random.below(4)),
      joinBytes([one.ok(1), one.start(name, [random.integer() % MAX_TIMESTAMP], cost)]),
      joinBytes([other.start(name, [], cost), other.update(name, [5n], cost), other.end(name)]),
      reply.encode({ kind: "ok", group, endGroup: undefined, info: early }),
      reply.encode({ kind: "drop", first: group, last: group + 1n, code: 3n }),
      messages.trackInfo === undefined
        ? random.bytes(8)
        : joinBytes([messages.trackInfo.encode(info), reply.encode({ kind: "end", group })]),
      this.#frames(),
      random.bytes(20),
    ];
  }

  #otherStream(): void {
    const random = this.random;
    if (random.percent(33)) return this.#sendSetup(50);
    const begun = () => this.#group().subarray(0, random.below(12));
    void this.onNewUni(random.percent(50) ? random.bytes(40) : begun());
  }

  #group(): Uint8Array {
    const { messages, uniStreams } = this.#version;
    const header = messages.group.encode({
      subscription: this.#subscriptionId(),
      group: this.#groupId(),
      startFrame: 0n,
    });
    return joinBytes([encodeStreamType(uniStreams.group!), header, this.#frames()]);
  }

  #frames(): Uint8Array {
    const random = this.random;
    const writer = new FrameWriter(this.#version.frames);
    const parts: Uint8Array[] = [];
    for (let count = random.below(6); count > 0; count--) {
      const payload = random.bytes(random.percent(5) ? 70_000 : 60);
      const timestamp = random.percent(90) ? BigInt(random.below(9_000)) : MAX_TIMESTAMP;
      const head = new Uint8Array(writer.sizeOf(timestamp, payload.length));
      writer.write(head, 0, timestamp, payload.length);
      parts.push(head, payload);
    }
    return joinBytes(parts);
  }

  #datagram(): Uint8Array {
    const group = this.#groupId();
    const rest = encodeDatagramRest({ group, timestamp: 5n, payload: this.random.bytes(100) });
    return joinBytes([encodeDatagramHeader(this.#subscriptionId()), rest]);
  }

  #groupId(): bigint {
    return this.random.percent(90) ? BigInt(this.random.below(9)) : MAX_TIMESTAMP;
  }

  /** The relay numbers its subscriptions from 0 on. */
  #subscriptionId(): bigint {
    return BigInt(this.random.below(4));
  }

  #prefix(): string {
    return this.random.pick(["", "hostile", "stage", "a//b", "/".repeat(40), "é"]);
  }

  #ask(
    request: keyof LiteVersion["requests"],
    parts: readonly Uint8Array[],
    fate?: StreamFate,
  ): void {
    const type = encodeStreamType(this.#version.requests[request] ?? 0x40n);
    this.onNewBidi([joinBytes([type, ...parts])], fate);
  }

  async #meetRequests(): Promise<void> {
    for (let bidi: BidiStream | undefined; (bidi = await this.connection.acceptBidi());) {
      this.#open.push(bidi);
      if (this.#open.length > 12) this.#open.shift();
    }
  }
}
