import { type Clock, done, type Outcome, refused, TaskGroup } from "@qumo/shared/runtime";
import {
  CLIENT_SETUP_TYPE,
  type Draft,
  drafts,
  isUniStreamType,
  offeredVersions,
  SETUP_STREAM_TYPE,
} from "@qumo/shared/wire";
import type { Connection } from "../transport/types.ts";
import { closingOf, isTransportEnd } from "./errors.ts";
import { FirstStreams, type PeekedStream, type StreamSource } from "./first_streams.ts";
import { MAX_OFFER_BYTES, MAX_STREAMS_LOOKED_AT } from "./limits.ts";

/** The detected draft. */
export interface FoundDraft {
  readonly draft: Draft;
  /** The connection's streams, including those that were inspected. */
  readonly streams: StreamSource;
}

/** Why no version could be negotiated: the close code and the reason. */
export interface NegotiationRefusal {
  readonly code: number;
  readonly reason: string;
}

/** The time limit of in-band negotiation. */
export interface NegotiationTime {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

type Verdict = Outcome<Draft, NegotiationRefusal>;

/**
 * Detects the version of a client that offered no protocol, as browsers without that option do:
 * SETUP on a unidirectional stream is draft 17 or later, CLIENT_SETUP on a bidirectional one an
 * older version. Never rejects; undefined when the connection ended before.
 */
export async function findInBand(
  connection: Connection,
  { clock, timeoutMs }: NegotiationTime,
): Promise<Outcome<FoundDraft, NegotiationRefusal> | undefined> {
  const streams = new FirstStreams(connection);
  const look = new Look();
  look.at(() => streams.uni.look(), judgeUni);
  look.at(() => streams.bidi.look(), ({ receive }) => judgeBidi(receive));
  const timer = clock.after(timeoutMs, () => look.decide(tooLate(timeoutMs)));
  const verdict = await Promise.race([look.verdict, connection.closed.then(() => undefined)]);
  timer.cancel();
  if (verdict === undefined || !verdict.ok) return verdict;
  return done({ draft: verdict.value, streams });
}

/** Inspects streams until one of them determines the version. */
class Look {
  readonly verdict: Promise<Verdict>;
  readonly #decide: (verdict: Verdict) => void;
  readonly #tasks = new TaskGroup((_task, error) => this.#failed(error));
  #isDecided = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    this.verdict = promise;
    this.#decide = resolve;
  }

  /** Inspects the streams that `next` yields concurrently: a silent stream blocks no other. */
  at<T>(next: () => Promise<T | undefined>, judge: (stream: T) => Promise<Verdict | undefined>) {
    this.#tasks.spawn("look at streams", async () => {
      for (let looked = 0; looked < MAX_STREAMS_LOOKED_AT && !this.#isDecided; looked++) {
        const stream = await next();
        if (stream === undefined) return;
        this.#tasks.spawn("look at a stream", async () => {
          const verdict = await judge(stream);
          if (verdict !== undefined) this.decide(verdict);
        });
      }
    });
  }

  /** Only the first verdict counts. */
  decide(verdict: Verdict): void {
    this.#isDecided = true;
    this.#decide(verdict);
  }

  // A stream that was reset determines nothing.
  #failed(error: unknown): void {
    if (!isTransportEnd(error)) this.decide(broken(error));
  }
}

/** The verdict of a unidirectional stream; undefined for one that overtook SETUP. */
async function judgeUni(stream: PeekedStream): Promise<Verdict | undefined> {
  const type = await stream.peekVarint(MODERN.varint);
  if (type === undefined) return undefined;
  if (type === SETUP_STREAM_TYPE) return done(MODERN);
  if (isUniStreamType(type, MODERN.data)) return undefined;
  return unknown(`a unidirectional stream of type 0x${type.toString(16)}`);
}

/** The verdict of a bidirectional stream; undefined for a request that overtook SETUP. */
async function judgeBidi(stream: PeekedStream): Promise<Verdict | undefined> {
  const type = await stream.peekVarint(MODERN.varint);
  if (type === undefined) return undefined;
  if (type !== CLIENT_SETUP_TYPE) {
    if (MODERN.control.knows(type)) return undefined;
    return unknown(`a bidirectional stream that begins with 0x${type.toString(16)}`);
  }
  const [, high = 0, low = 0] = await stream.peek(3);
  const bytes = await stream.peek(Math.min(3 + (high << 8 | low), MAX_OFFER_BYTES));
  const versions = offeredVersions(bytes.subarray(1));
  return unknown(`CLIENT_SETUP with ${versions.join(", ") || "no list of versions"}`);
}

// SETUP carries no version: without a protocol it is the preferred one of those drafts.
const MODERN = drafts.find(({ family }) => family === "B")!;
const SPOKEN = drafts.map(({ protocol }) => protocol).join(", ");

function broken(error: unknown): Verdict {
  const { code, reason } = closingOf(error);
  return refused({ code: MODERN.sessionCodes[code], reason });
}

function unknown(offer: string): Verdict {
  return refused({
    code: MODERN.sessionCodes.version_negotiation_failed,
    reason: `the client offered ${offer}; this relay speaks ${SPOKEN}`,
  });
}

function tooLate(timeoutMs: number): Verdict {
  return refused({
    code: MODERN.sessionCodes.control_message_timeout,
    reason: `no protocol was offered and no SETUP came within ${timeoutMs} ms`,
  });
}
