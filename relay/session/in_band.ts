import { type Clock, done, type Outcome, refused, TaskGroup } from "@qumo/shared/runtime";
import {
  CLIENT_SETUP_TYPE,
  commonDraft,
  type Draft,
  isUniStreamType,
  offeredVersions,
  sessionCodeOf,
  SETUP_STREAM_TYPE,
  versionName,
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
  /** `protocol`: nothing that the client offered is enabled; `setup`: it offered nothing readable. */
  readonly kind: "protocol" | "setup";
  readonly code: number;
  readonly reason: string;
}

/** What a peer may speak, and how long it may take to show what it does. */
export interface NegotiationTerms {
  /** All enabled protocols, which a client that is refused is told. */
  readonly protocols: readonly string[];
  /** The enabled drafts, in order of preference. */
  readonly drafts: readonly Draft[];
  readonly clock: Clock;
  readonly timeoutMs: number;
}

type Verdict = Outcome<Draft, NegotiationRefusal>;

/**
 * Learns from the first bytes what a client speaks that offered no protocol when it connected, which
 * browsers do that have no such option: SETUP on a unidirectional stream is draft 17 or later, and
 * CLIENT_SETUP on a bidirectional one has a list of what is older. Never rejects; undefined when the
 * connection ended before.
 */
export async function findInBand(
  connection: Connection,
  { protocols, drafts, clock, timeoutMs }: NegotiationTerms,
): Promise<Outcome<FoundDraft, NegotiationRefusal> | undefined> {
  const streams = new FirstStreams(connection);
  const judge = new Judge(protocols, drafts);
  const look = new Look((error) => judge.broken(error));
  look.at(() => streams.uni.look(), (stream) => judge.uni(stream));
  look.at(() => streams.bidi.look(), ({ receive }) => judge.bidi(receive));
  const timer = clock.after(timeoutMs, () => look.decide(judge.tooLate(timeoutMs)));
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
  readonly #broken: (error: unknown) => Verdict;
  #isDecided = false;

  /** `broken` judges a stream that breaks the format. */
  constructor(broken: (error: unknown) => Verdict) {
    this.#broken = broken;
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
    if (!isTransportEnd(error)) this.decide(this.#broken(error));
  }
}

/** What a client's first bytes say about the protocols that are enabled. */
class Judge {
  readonly #protocols: readonly string[];
  readonly #drafts: readonly Draft[];
  /** What SETUP on a unidirectional stream begins; undefined when no such draft is enabled. */
  readonly #modern: Draft | undefined;

  constructor(protocols: readonly string[], drafts: readonly Draft[]) {
    this.#protocols = protocols;
    this.#drafts = drafts;
    // SETUP has no version, and a client that cannot negotiate is hardly one of the newest: it is
    // taken to speak what most clients do, unless that is disabled.
    const modern = drafts.filter(({ family }) => family === "B");
    this.#modern = modern.includes(commonDraft) ? commonDraft : modern[0];
  }

  /** What a unidirectional stream tells; undefined for one that another may have overtaken. */
  async uni(stream: PeekedStream): Promise<Verdict | undefined> {
    const { varint, data } = this.#modern ?? commonDraft;
    const type = await stream.peekVarint(varint);
    if (type === undefined) return undefined;
    if (type === SETUP_STREAM_TYPE) {
      return this.#modern === undefined
        ? this.#unknown("SETUP, of draft 17 or later, without a protocol")
        : done(this.#modern);
    }
    if (isUniStreamType(type, data)) return undefined;
    return this.#unknown(`a unidirectional stream of type 0x${type.toString(16)}`);
  }

  /** What a bidirectional stream tells; undefined for a request, which may have overtaken SETUP. */
  async bidi(stream: PeekedStream): Promise<Verdict | undefined> {
    const { varint, control } = this.#modern ?? commonDraft;
    const type = await stream.peekVarint(varint);
    if (type === undefined) return undefined;
    if (type === CLIENT_SETUP_TYPE) return await this.#clientSetup(stream);
    if (control.knows(type)) return undefined;
    return this.#unknown(`a bidirectional stream that begins with 0x${type.toString(16)}`);
  }

  /** The preferred one of the versions that a CLIENT_SETUP lists. */
  async #clientSetup(stream: PeekedStream): Promise<Verdict> {
    const [, high = 0, low = 0] = await stream.peek(3);
    const bytes = await stream.peek(Math.min(3 + (high << 8 | low), MAX_OFFER_BYTES));
    const versions = offeredVersions(bytes.subarray(1));
    const draft = this.#drafts.find(({ version }) =>
      version !== undefined && versions.includes(version)
    );
    if (draft !== undefined) return done(draft);
    const names = versions.map(versionName).join(", ");
    return this.#unknown(`CLIENT_SETUP with ${names || "no list of versions"}`);
  }

  broken(error: unknown): Verdict {
    const { code, reason } = closingOf(error);
    return refused({ kind: "setup", code: sessionCodeOf(CODES, code), reason });
  }

  tooLate(timeoutMs: number): Verdict {
    return refused({
      kind: "setup",
      code: CODES.control_message_timeout,
      reason: `no protocol was offered and no SETUP came within ${timeoutMs} ms`,
    });
  }

  #unknown(offer: string): Verdict {
    return refused({
      kind: "protocol",
      code: CODES.version_negotiation_failed,
      reason: `the client offered ${offer}; this relay speaks ${this.#protocols.join(", ")}`,
    });
  }
}

// These codes are the same in every draft.
const CODES = commonDraft.sessionCodes;
