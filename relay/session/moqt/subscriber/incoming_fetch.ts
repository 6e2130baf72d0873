import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  compareLocations,
  type ControlMessage,
  decodeTrackProperties,
  type FetchDecoder,
  type FullTrackName,
  SHORT,
} from "@qumo/shared/wire";
import {
  type FetchAnswer,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Refusal,
} from "../../../track/mod.ts";
import { rendererOf } from "../dialect/renderer.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import type { Input } from "../../input.ts";
import { ObjectTooLarge } from "../../ingest/object_too_large.ts";
import { readPayload } from "../../ingest/read_payload.ts";
import { INEXPRESSIBLE_REQUEST } from "../requests/answers.ts";
import { nameFields } from "../requests/refuse.ts";
import { outcomeOf, refusalOf } from "../requests/refusals.ts";
import { meshParameters } from "../connection/relay_peer.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import { unsupportedExtension } from "../requests/unsupported.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";

/** The interfaces that {@linkcode IncomingFetch} uses of its session. */
export type IncomingFetchContext = Reporting & Timing & Wire & Parties & Configured & Asking;

/** A FETCH of ours: its request, and the stream with the objects. */
export class IncomingFetch implements PendingFetch {
  #requestId: bigint | undefined;
  readonly #request: FetchRequest;
  readonly #sink: FetchSink;
  readonly #context: IncomingFetchContext;
  readonly #scope: string;
  readonly #answer = Promise.withResolvers<Outcome<FetchAnswer, Refusal>>();
  readonly #finished = Promise.withResolvers<Outcome<void, Refusal>>();
  #stream: RequestChannel | undefined;
  #input: Input | undefined;
  #over = false;

  constructor(
    request: FetchRequest,
    sink: FetchSink,
    { context, scope }: { context: IncomingFetchContext; scope: string },
  ) {
    this.#request = request;
    this.#sink = sink;
    this.#context = context;
    this.#scope = scope;
  }

  /** What is fetched. */
  get track(): FullTrackName {
    return this.#request.name;
  }

  /** The id of the request, once it was sent. */
  get requestId(): bigint | undefined {
    return this.#requestId;
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
    this.#input?.stop("cancelled");
    this.#refuse(why);
  }

  /**
   * Sends the request and reads its stream until the request and the data have ended. `sending` is
   * called with the id of the request.
   */
  async run(sending: (requestId: bigint) => void): Promise<void> {
    const { clock, settings, metrics } = this.#context;
    const timer = clock.after(settings.requestTimeoutMs, () => this.cancel());
    try {
      this.#stream = await this.#context.requests.open("fetch");
      if (this.#over) return this.#stream.cancel("cancelled");
      const requestId = this.#requestId = this.#stream.nextId();
      sending(requestId);
      if (!this.#stream.trySend(this.#message(requestId))) {
        metrics.upstreamRequests.fetch.not_supported++;
        return this.cancel(INEXPRESSIBLE_REQUEST);
      }
      const answer = await this.#stream.next();
      if (answer?.kind === "requestError") {
        metrics.upstreamRequests.fetch[outcomeOf(answer)]++;
        this.#refuse(refusalOf(answer));
      } else if (answer !== undefined) {
        this.#accept(answer);
      } else {
        this.#refuse(NO_ANSWER);
      }
    } catch (error) {
      // Whoever waits is told, also where the session ends for the answer.
      this.#refuse(NO_ANSWER);
      if (!isTransportEnd(error)) throw error;
    } finally {
      timer.cancel();
    }
    const stream = this.#stream;
    stream?.finish();
    if (stream !== undefined) this.#context.tasks.spawn("drain", () => stream.drain());
    await this.finished;
  }

  /** Reads the fetch's data stream behind its header. */
  async read(input: Input): Promise<void> {
    if (this.#input !== undefined) throw violation("A second stream answers one FETCH");
    if (this.#over) return input.stop("cancelled");
    this.#input = input;
    try {
      await this.#readObjects(input);
      if ((await this.answer).ok) this.#settle(done(undefined));
    } catch (error) {
      if (error instanceof ObjectTooLarge) return this.#giveUp(error.message);
      if (!isTransportEnd(error)) throw error;
      this.#refuse({ kind: "internal_error", reason: "the publisher aborted the fetch" });
    }
  }

  #giveUp(reason: string): void {
    const { metrics, events } = this.#context;
    metrics.droppedObjects.too_large++;
    events.say("fetch given up", { ...nameFields(this.#request.name), reason });
    this.cancel({ kind: "excessive_load", reason });
  }

  #message(requestId: bigint): ControlMessage {
    const { name, start, end, order, via } = this.#request;
    return {
      kind: "fetch",
      requestId,
      range: { type: "standalone", track: name, start, end },
      parameters: { groupOrder: order, ...meshParameters(this.#context, this.#scope, { via }) },
    };
  }

  #accept(message: ControlMessage): void {
    const { data } = this.#context.draft;
    if (message.kind !== "fetchOk") throw violation(`${message.kind} does not answer FETCH`);
    const { end } = message;
    if (compareLocations(end, this.#request.start) < 0) {
      throw violation("FETCH_OK ends before the fetch starts");
    }
    const { unknownMandatory } = decodeTrackProperties(message.properties, data);
    if (unknownMandatory.length > 0) {
      this.#stream?.cancel("cancelled");
      this.#input?.stop("cancelled");
      return this.#refuse(unsupportedExtension(unknownMandatory));
    }
    this.#context.metrics.upstreamRequests.fetch.ok++;
    const { endOfTrack, properties: bytes } = message;
    const properties = { bytes, form: data.properties };
    this.#answer.resolve(done({ end, endOfTrack, properties }));
  }

  async #readObjects(input: Input): Promise<void> {
    const { received } = this.#context.metrics;
    const decoder = this.#context.draft.data.fetch.decoder(
      this.#request.order,
      this.#context.draft.data,
    );
    do {
      while (input.start < input.end) {
        const next = decoder.decode(input.bytes, input.start, input.end);
        if (next === SHORT) break;
        if (decoder.kind === "object") {
          const { propertiesStart, propertiesEnd, payloadLength } = decoder;
          received.objects++;
          received.bytes += next - input.start + payloadLength;
          const properties = input.bytes.slice(propertiesStart, propertiesEnd);
          input.start = next;
          await this.#readPayload(input, decoder, properties);
        } else {
          input.start = next;
          if (decoder.kind !== "non_existent") {
            this.#sink.unknownUpTo(decoder.group, BigInt(decoder.object));
          }
        }
      }
    } while (await input.fill());
    if (input.length > 0) throw violation("A fetch ends within an object");
  }

  async #readPayload(
    input: Input,
    header: FetchDecoder,
    properties: Uint8Array,
  ): Promise<void> {
    const { group, subgroup, object, priority, payloadLength } = header;
    const { maxObjectBytes } = this.#context.settings.limits;
    const payload = await readPayload(input, payloadLength, maxObjectBytes);
    const renderer = rendererOf(this.#context.draft.data);
    const id = { group, subgroup, object };
    await this.#sink.object({ ...id, priority, properties, payload, renderer });
  }

  #refuse(refusal: Refusal): void {
    this.#answer.resolve(refused(refusal));
    this.#settle(refused(refusal));
  }

  #settle(outcome: Outcome<void, Refusal>): void {
    this.#over = true;
    this.#finished.resolve(outcome);
  }
}

const CANCELLED: Refusal = { kind: "timeout", reason: "the fetch was cancelled" };
const NO_ANSWER: Refusal = { kind: "internal_error", reason: "the publisher gave no answer" };
