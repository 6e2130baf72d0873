import { joinBytes } from "@qumo/shared/runtime";
import {
  encodeDatagramHeader,
  encodeDatagramRest,
  encodeStreamType,
  FrameWriter,
  type Layout,
  type LiteMessages,
  type LiteVersion,
  MAX_TIMESTAMP,
} from "@qumo/shared/wire";
import { trackTextOf } from "../../../relay/session/lite/dialect/names.ts";
import type { BidiStream } from "../../../relay/transport/mod.ts";
import { madeUpLite } from "../made_up.ts";
import { HostileConnection, type HostileParts, type StreamFate } from "./hostile_connection.ts";

type Request = keyof LiteVersion["requests"];

/** A hostile peer of moq-lite. */
export class HostileLite extends HostileConnection {
  readonly #version: LiteVersion;
  readonly #names: readonly { readonly broadcast: string; readonly track: string }[];
  readonly #open: BidiStream[] = [];
  override readonly moves = {
    request: () => this.#request(),
    answer: () => this.#answer(),
    subgroup: () => this.onNewUni(this.maybeMutate(25, this.#group())),
    datagram: () => this.connection.sendDatagram(this.maybeMutate(25, this.#datagram())),
    other_stream: () => this.#otherStream(),
  };
  #nextId = 0n;

  constructor(parts: HostileParts, version: LiteVersion) {
    super(parts);
    this.#version = version;
    this.#names = parts.tracks.map((track) => trackTextOf(track)!);
  }

  override begin(): void {
    const { random } = this;
    if (random.percent(98)) this.#sendSetup(7);
    for (const track of this.#names.filter(() => random.percent(50))) {
      this.#ask("subscribe", [this.#message("subscribe", track)], "open");
    }
  }

  /** Says SETUP, which is damaged in so many of a hundred cases. */
  #sendSetup(share: number): void {
    const { setup } = this.#version.messages;
    const type = this.#version.uniStreams.setup;
    if (setup === undefined || type === undefined) return;
    const bytes = joinBytes([encodeStreamType(type), setup.encode({ probe: 0 })]);
    void this.onNewUni(this.maybeMutate(share, bytes), "fin");
  }

  /** A message that is made up, about what there is mostly; other bytes where the version has none. */
  #message(name: keyof LiteMessages, track = this.random.pick(this.#names)): Uint8Array {
    const { random } = this;
    const layout = this.#version.messages[name] as Layout<unknown> | undefined;
    if (layout === undefined || random.percent(5)) return random.bytes(30);
    const message = this.aimed(madeUpLite(this.#version, name, random), {
      id: [90, () => this.#nextId++],
      broadcast: [90, () => track.broadcast],
      track: [90, () => track.track],
      prefix: [90, () => this.#prefix()],
      uri: [80, () => ""],
      subscription: [100, () => this.#subscriptionId()],
      maxAge: [90, () => BigInt(random.below(3_000))],
      endGroup: [70, () => MAX_TIMESTAMP],
      startFrame: [80, () => 0n],
    });
    return layout.encode(message);
  }

  #request(): void {
    const { random } = this;
    const request = random.pick(Object.keys(this.#version.requests) as Request[]);
    const parts = [this.#message(request === "announce" ? "announceRequest" : request)];
    while (random.percent(40)) parts.push(this.#message("subscribeUpdate"));
    this.#ask(request, parts.map((bytes) => this.maybeMutate(15, bytes)));
  }

  /** Answers something that the relay asked for, or says more to it. */
  #answer(): void {
    const { random } = this;
    if (this.#open.length === 0) return this.#request();
    const stream = random.pick(this.#open);
    const answer = random.pick([
      () => this.#announcement(),
      () => this.#message("trackInfo"),
      () => this.#message("subscribeReply"),
      () => joinBytes([this.#message("trackInfo"), this.#message("subscribeReply")]),
      () => this.#frames(),
    ]);
    this.write(stream.send, this.maybeMutate(15, answer()));
    this.endSome(stream);
  }

  /** The beginning of what is announced, or any other part of it. */
  #announcement(): Uint8Array {
    const { random } = this;
    const writer = this.#version.announcements.writer(random.percent(90) ? 77n : 0n);
    const cost = { warm: 1n, cold: 2n };
    const name = random.percent(80) ? random.pick(this.#names).broadcast : this.#prefix();
    const parts = [
      writer.ok(random.below(4)),
      writer.start(name, [random.integer() % MAX_TIMESTAMP], cost),
      writer.update(name, [5n], cost),
      writer.end(name),
    ];
    return joinBytes(parts.filter((_, at) => random.percent(at < 2 ? 80 : 40)));
  }

  #otherStream(): void {
    const { random } = this;
    if (random.percent(33)) return this.#sendSetup(50);
    const begun = () => this.#group().subarray(0, random.below(12));
    void this.onNewUni(random.percent(50) ? random.bytes(40) : begun());
  }

  #group(): Uint8Array {
    const type = encodeStreamType(this.#version.uniStreams.group!);
    return joinBytes([type, this.#message("group"), this.#frames()]);
  }

  #frames(): Uint8Array {
    const { random } = this;
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
    const group = BigInt(this.random.below(9));
    const rest = encodeDatagramRest({ group, timestamp: 5n, payload: this.random.bytes(100) });
    return joinBytes([encodeDatagramHeader(this.#subscriptionId()), rest]);
  }

  /** The relay numbers its subscriptions from 0 on. */
  #subscriptionId(): bigint {
    return BigInt(this.random.below(2));
  }

  #prefix(): string {
    return this.random.pick(["", "hostile", "stage", "a//b", "/".repeat(40), "é"]);
  }

  #ask(request: Request, parts: readonly Uint8Array[], fate?: StreamFate): void {
    const type = encodeStreamType(this.#version.requests[request] ?? 0x40n);
    this.onNewBidi([joinBytes([type, ...parts])], fate);
  }

  override meet(stream: BidiStream): void {
    // What comes first is the question what is announced.
    if (this.#open.length === 0) this.write(stream.send, this.#announcement());
    this.#open.push(stream);
    if (this.#open.length > 12) this.#open.shift();
  }
}
