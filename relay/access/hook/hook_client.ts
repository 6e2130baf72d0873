import { type Clock, done, fetchFailure, type Outcome, refused } from "@qumo/shared/runtime";
import * as z from "zod";
import { boundedFetch } from "../bounded_fetch.ts";
import { type Claimed, readClaims } from "../claims.ts";
import { MAX_HOOK_ANSWER_BYTES, MAX_HOOK_LIFETIME_MS, MIN_HOOK_LIFETIME_MS } from "../limits.ts";

/** What the hook is asked. */
export interface Question {
  /** The path of the connection, without its query. */
  readonly path: string;
  /** Absent: the peer showed none. */
  readonly token?: string;
  /** The peer's IP address. */
  readonly remote_address: string;
  readonly dialect: string;
}

/** What the hook allows, and for how long. */
export interface Allowed extends Claimed {
  readonly lifetimeMs: number;
}

/** What the hook said: what it allows, that it refuses, or why nobody comes in by what it said. */
export type Answer =
  | { readonly kind: "allowed"; readonly allowed: Allowed }
  | { readonly kind: "refused" }
  | {
    readonly kind: "failed";
    readonly reason: string;
    /** Whether another question may have a better answer: who asks can bring such failures about. */
    readonly isOfQuestion: boolean;
  };

/** The dependencies of {@linkcode HookClient}. */
export interface HookClientParts {
  readonly url: string;
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
  /** What the hook knows the relay by; undefined: nothing. */
  readonly secret: () => string | undefined;
  readonly clock: Pick<Clock, "after">;
}

/** Asks the hook one question. */
export class HookClient {
  readonly #parts: HookClientParts;

  constructor(parts: HookClientParts) {
    this.#parts = parts;
  }

  /** Never rejects, whatever comes back. */
  async ask(question: Question): Promise<Answer> {
    try {
      const { url, fetch, clock, timeoutMs, secret } = this.#parts;
      const word = secret();
      const { status, text } = await boundedFetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...(word !== undefined && { authorization: `Bearer ${word}` }),
        },
        body: JSON.stringify(question),
      }, { fetch, clock, timeoutMs, maxBytes: MAX_HOOK_ANSWER_BYTES });
      return answerOf(status, text);
    } catch (error) {
      return { kind: "failed", reason: fetchFailure(error), isOfQuestion: false };
    }
  }
}

/** Only these refuse; whatever else comes is a failure, by which nobody comes in either. */
const REFUSALS = [401, 403];

/** What a hook says that cannot answer at the moment, whatever it is asked. */
const OVERLOADED = [408, 429];

const answer = z.looseObject({
  lifetime: z.number().min(MIN_HOOK_LIFETIME_MS / 1_000).max(1e9),
});

function answerOf(status: number, text: string): Answer {
  if (REFUSALS.includes(status)) return { kind: "refused" };
  if (status !== 200) {
    const isOfQuestion = status < 500 && !OVERLOADED.includes(status);
    return { kind: "failed", reason: `the answer is ${status}`, isOfQuestion };
  }
  const allowed = allowedOf(text);
  return allowed.ok
    ? { kind: "allowed", allowed: allowed.value }
    : { kind: "failed", reason: allowed.refusal, isOfQuestion: true };
}

function allowedOf(text: string): Outcome<Allowed, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused("the answer is no JSON");
  }
  const parsed = answer.safeParse(value);
  if (!parsed.success) return refused("the answer has no lifetime in seconds, of one at least");
  const { lifetime, ...said } = parsed.data;
  const claims = readClaims(said, { keyId: undefined });
  if (!claims.ok) return refused(`the answer: ${claims.refusal}`);
  const lifetimeMs = Math.min(lifetime * 1_000, MAX_HOOK_LIFETIME_MS);
  return done({ ...claims.value, lifetimeMs });
}
