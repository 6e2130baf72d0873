import { done, type Outcome, refused, trackText } from "@qumo/shared/runtime";
import { FrameDecoder, type FullTrackName, type LiteTrack, SHORT } from "@qumo/shared/wire";
import {
  type FetchAnswer,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Refusal,
} from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { ObjectTooLarge } from "../../ingest/object_too_large.ts";
import { readPayload } from "../../ingest/read_payload.ts";
import type { Input } from "../../input.ts";
import { MAX_LITE_FETCH_GROUPS } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { trackTextOf } from "../dialect/names.ts";
import { turnPriority } from "../dialect/priority.ts";
import { liteRenderer } from "../dialect/renderer.ts";
import { propertiesOf } from "../dialect/track_info.ts";
import type { LiteStream } from "../lite_stream.ts";
import { askTrackInfo, NO_SUCH_NAME, refusalOf } from "./ask.ts";
import { propertiesOfFrame } from "./frames.ts";

/** What {@linkcode IncomingGroups} uses of its session. */
export type IncomingGroupsContext = Pick<
  LiteContext,
  "version" | "clock" | "settings" | "streams" | "metrics" | "events"
>;

const PRIORITY = 128;

/** A fetch at the peer: one request for each group. */
export class IncomingGroups implements PendingFetch {
  readonly #context: IncomingGroupsContext;
  readonly #request: FetchRequest;
  readonly #sink: FetchSink;
  readonly #answer = Promise.withResolvers<Outcome<FetchAnswer, Refusal>>();
  readonly #finished = Promise.withResolvers<Outcome<void, Refusal>>();
  #stream: LiteStream | undefined;
  #over = false;

  constructor(context: IncomingGroupsContext, request: FetchRequest, sink: FetchSink) {
    this.#context = context;
    this.#request = request;
    this.#sink = sink;
  }

  /** What is fetched. */
  get track(): FullTrackName {
    return this.#request.name;
  }

  get answer(): Promise<Outcome<FetchAnswer, Refusal>> {
    return this.#answer.promise;
  }

  get finished(): Promise<Outcome<void, Refusal>> {
    return this.#finished.promise;
  }

  cancel(why: Refusal = CANCELLED): void {
    if (this.#over) return;
    this.#stream?.cancel("cancelled");
    this.#settle(refused(why));
  }

  /** Asks for the groups, one after the other. */
  async run(): Promise<void> {
    const { clock, settings, version, events, metrics } = this.#context;
    const timer = clock.after(settings.requestTimeoutMs, () => this.cancel());
    try {
      await this.#run();
    } catch (error) {
      if (error instanceof ObjectTooLarge) {
        metrics.droppedObjects.too_large++;
        const track = trackText(this.#request.name);
        events.say("fetch given up", { track, reason: error.message });
        return this.cancel({ kind: "excessive_load", reason: error.message });
      }
      if (!isTransportEnd(error)) throw error;
      this.cancel(refusalOf(version, error));
    } finally {
      timer.cancel();
    }
  }

  async #run(): Promise<void> {
    const { name, start, end, order } = this.#request;
    const track = trackTextOf(name);
    if (track === undefined) return this.cancel(NO_SUCH_NAME);
    if (end.group - start.group >= MAX_LITE_FETCH_GROUPS) return this.cancel(TOO_MANY_GROUPS);
    const count = Number(end.group - start.group) + 1;
    for (let step = 0; step < count && !this.#over; step++) {
      const group = order === "ascending" ? start.group + BigInt(step) : end.group - BigInt(step);
      await this.#fetchGroup(track, group, step === 0);
    }
    if (!this.#over) this.#settle(done(undefined));
  }

  async #fetchGroup(track: LiteTrack, group: bigint, isFirst: boolean): Promise<void> {
    const { streams, version: { messages, requests } } = this.#context;
    const info = isFirst && messages.track !== undefined
      ? await askTrackInfo(this.#context, track)
      : undefined;
    if (info?.ok === false) return this.cancel(info.refusal);
    const stream = this.#stream = await streams.open(requests.fetch!);
    if (this.#over) return stream.cancel("cancelled");
    stream.send(messages.fetch.encode({
      ...track,
      priority: turnPriority(PRIORITY),
      group,
      startFrame: 0n,
      endFrame: undefined,
    }));
    const { input } = stream;
    await input.fill();
    const block = info?.ok ? propertiesOf(info.value).block : undefined;
    this.#accept(block);
    await this.#readFrames(input, group);
    stream.finish();
  }

  #accept(properties: FetchAnswer["properties"]): void {
    const { end } = this.#request;
    this.#answer.resolve(done({ end, endOfTrack: false, properties }));
  }

  async #readFrames(input: Input, group: bigint): Promise<void> {
    const { version, metrics: { received }, settings: { limits } } = this.#context;
    const decoder = new FrameDecoder(version.frames);
    let object = 0;
    do {
      while (input.start < input.end) {
        const next = decoder.decode(input.bytes, input.start, input.end);
        if (next === SHORT) break;
        const { payloadLength, timestamp } = decoder;
        received.objects++;
        received.bytes += next - input.start + payloadLength;
        input.start = next;
        const payload = await readPayload(input, payloadLength, limits.maxObjectBytes);
        await this.#pass(group, object++, { timestamp, payload });
      }
    } while (!this.#over && await input.fill());
    if (input.length > 0) throw violation("A fetch ends within an object");
  }

  async #pass(
    group: bigint,
    object: number,
    { timestamp, payload }: { readonly timestamp: bigint; readonly payload: Uint8Array },
  ): Promise<void> {
    const { start, end } = this.#request;
    if (group === start.group && BigInt(object) < start.object) return;
    if (group === end.group && BigInt(object) > end.object) return;
    const renderer = liteRenderer(this.#context.version);
    const properties = propertiesOfFrame(this.#context.version, timestamp).slice();
    const id = { group, subgroup: 0n, object };
    await this.#sink.object({ ...id, priority: PRIORITY, properties, payload, renderer });
  }

  #settle(outcome: Outcome<void, Refusal>): void {
    this.#over = true;
    if (!outcome.ok) this.#answer.resolve(outcome);
    this.#finished.resolve(outcome);
  }
}

const CANCELLED: Refusal = { kind: "timeout", reason: "the fetch was cancelled" };
const TOO_MANY_GROUPS: Refusal = {
  kind: "excessive_load",
  reason: `more than ${MAX_LITE_FETCH_GROUPS} groups`,
};
