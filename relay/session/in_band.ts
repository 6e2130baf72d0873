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

/** The draft that a peer turned out to speak. */
export interface FoundDraft {
  readonly draft: Draft;
  /** Its streams from the first on, although they were looked at. */
  readonly streams: StreamSource;
}

/** Why nothing can be spoken with a peer: the code for it, the reason for it and for the log. */
export interface NegotiationRefusal {
  readonly code: number;
  readonly reason: string;
}

/** How long a peer may take to show what it speaks. */
export interface NegotiationTime {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

type Verdict = Outcome<Draft, NegotiationRefusal>;

/**
 * Learns from the first bytes what a client speaks that offered no protocol when it connected, which
 * browsers do that have no such option: SETUP on a unidirectional stream is draft 17 or later,
 * CLIENT_SETUP on a bidirectional one something older. Never rejects; undefined when the connection
 * ended before.
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

/** Looks at streams until one of them tells. */
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

  /** Looks at the streams that `next` yields, each on its own: one that is silent holds up nobody. */
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

  /** The first verdict counts. */
  decide(verdict: Verdict): void {
    this.#isDecided = true;
    this.#decide(verdict);
  }

  // A stream that was reset says nothing, which is no verdict.
  #failed(error: unknown): void {
    if (!isTransportEnd(error)) this.decide(broken(error));
  }
}

/** What a unidirectional stream tells; undefined for one that another may have overtaken. */
async function judgeUni(stream: PeekedStream): Promise<Verdict | undefined> {
  const type = await stream.peekVarint(MODERN.varint);
  if (type === undefined) return undefined;
  if (type === SETUP_STREAM_TYPE) return done(MODERN);
  if (isUniStreamType(type, MODERN.data)) return undefined;
  return unknown(`a unidirectional stream of type 0x${type.toString(16)}`);
}

/** What a bidirectional stream tells; undefined for a request, which may have overtaken SETUP. */
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

// SETUP has no version: without a protocol it is the one that is preferred of those that begin so.
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
