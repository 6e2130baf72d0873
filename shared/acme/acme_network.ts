import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, messageOf } from "@qumo/shared/runtime";
import { axios } from "acme-client";
import * as z from "zod";
import { AcmeError } from "./acme_error.ts";
import { ACME_TIMEOUT_MS, MAX_ANSWER_CHARACTERS, MAX_REQUESTS } from "./limits.ts";

/** What the requests of an order are sent with. */
export interface NetworkParts {
  readonly domains: readonly string[];
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

type Adapter = Extract<NonNullable<typeof axios.defaults.adapter>, (request: never) => unknown>;
type Answer = Awaited<ReturnType<Adapter>>;

// The library has one adapter for all of its clients, and tells it of none.
const current = new AsyncLocalStorage<AcmeNetwork>();
axios.defaults.adapter = ((request) => current.getStore()!.send(request)) satisfies Adapter;

/**
 * The network of acme-client for one order: each answer is bounded in time and length, and refusals end
 * the order at once.
 */
export class AcmeNetwork {
  readonly #parts: NetworkParts;
  #left: number;
  #retryAfterMs: number | undefined;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.#left = MAX_REQUESTS * (parts.domains.length + 1);
  }

  /** How long the authority wants to be left alone, if its last answer says so. */
  get retryAfterMs(): number | undefined {
    return this.#retryAfterMs;
  }

  /** Does something with the library, whose requests meanwhile are sent here. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await current.run(this, act);
    } catch (error) {
      // The library takes answers for what they should be.
      throw error instanceof TypeError ? notUnderstood(error) : error;
    }
  }

  /** Sends a request of the library. Rejects with an AcmeError, by which it tries nothing again. */
  async send(request: Parameters<Adapter>[0]): Promise<Answer> {
    const { url, method = "get", headers, data } = request;
    if (this.#left-- <= 0) throw new AcmeError("it never comes to an end");
    if (!isHttps(url)) throw new AcmeError(`it names ${url}, which is no URL with https`);
    const { response, text } = await this.#ask(url, {
      method: method.toUpperCase(),
      headers: [...headers].map(([name, value]) => [name, String(value)]),
      ...(data !== undefined && { body: data }),
      // What is signed is signed for one URL.
      redirect: "manual",
    });
    this.#retryAfterMs = waitOf(response.headers.get("retry-after"), this.#parts.clock);
    const { status, statusText } = response;
    if (!response.ok && problemOf(text).type !== BAD_NONCE) throw this.#refusal(response, text);
    const all = Object.fromEntries(response.headers);
    return { data: text, status, statusText, headers: all, config: request };
  }

  async #ask(url: string, init: RequestInit): Promise<{ response: Response; text: string }> {
    const { fetch, clock, signal } = this.#parts;
    const deadline = new AbortController();
    const fire = () => deadline.abort(new Error("no answer in time"));
    const timer = clock.after(ACME_TIMEOUT_MS, fire);
    try {
      const either = AbortSignal.any([signal, deadline.signal]);
      const response = await fetch(url, { ...init, signal: either });
      return { response, text: await textOf(response) };
    } catch (error) {
      throw error instanceof AcmeError ? error : new AcmeError(messageOf(error));
    } finally {
      timer.cancel();
    }
  }

  #refusal({ status, headers }: Response, text: string): AcmeError {
    const location = headers.get("location");
    const usual = location === null
      ? `it answered ${status}`
      : `it answered ${status} and leads to ${location}, where nothing is asked`;
    return new AcmeError(problemOf(text).detail || usual, this.#retryAfterMs);
  }
}

/** An answer is not what it should be. */
export function notUnderstood(error: unknown): AcmeError {
  return new AcmeError(`its answer is not understood: ${messageOf(error)}`);
}

/** What a problem (RFC 9457) says of itself; nothing where there is none. */
export function problemOf(problem: unknown): { readonly type: string; readonly detail: string } {
  try {
    return problemSchema.parse(typeof problem === "string" ? JSON.parse(problem) : problem);
  } catch {
    return { type: "", detail: "" };
  }
}

const BAD_NONCE = "urn:ietf:params:acme:error:badNonce";
const problemSchema = z.object({ type: z.string().catch(""), detail: z.string().catch("") });

function isHttps(url: unknown): url is string {
  return typeof url === "string" && URL.parse(url)?.protocol === "https:";
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_ANSWER_CHARACTERS) throw new AcmeError("its answer is too long");
  }
  return text + decoder.decode();
}

/** Seconds, or a date. */
function waitOf(header: string | null, clock: Clock): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.wall());
}
