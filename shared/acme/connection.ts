import { type Clock, messageOf } from "@qumo/shared/runtime";
import * as z from "zod";
import type { AccountKey } from "./account_key.ts";
import { ACME_TIMEOUT_MS, MAX_ANSWER_CHARACTERS, MAX_NONCE_RETRIES } from "./limits.ts";

/** What a connection to the authority is made of. */
export interface ConnectionParts {
  readonly directoryUrl: string;
  readonly key: AccountKey;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** An answer of the authority. */
export interface AcmeAnswer {
  readonly text: string;
  /** The URL of what was made; empty: nothing was. */
  readonly location: string;
  /** How long it wants to be left alone, if it says so. */
  readonly retryAfterMs: number | undefined;
}

/** The authority refused something. */
export class AcmeError extends Error {
  readonly type: string;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, type = "", retryAfterMs?: number) {
    super(message);
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Signed requests to an authority by ACME (RFC 8555), one after the other. */
export class AcmeConnection {
  readonly #parts: ConnectionParts;
  readonly #directory: Directory;
  #nonce: string | undefined;
  #account: string | undefined;

  private constructor(parts: ConnectionParts, directory: Directory) {
    this.#parts = parts;
    this.#directory = directory;
  }

  /** Reads the directory, and registers the account or finds it again. Rejects when that fails. */
  static async open(parts: ConnectionParts, contact: readonly string[]): Promise<AcmeConnection> {
    const { text } = await ask(parts, parts.directoryUrl, {});
    const connection = new AcmeConnection(parts, parsed(text, directorySchema));
    const account = { termsOfServiceAgreed: true, contact };
    connection.#account = (await connection.post(connection.#directory.newAccount, account))
      .location;
    return connection;
  }

  get newOrderUrl(): string {
    return this.#directory.newOrder;
  }

  /** Sends a request; without a payload it asks for what is there. Rejects with the refusal. */
  async post(url: string, payload?: unknown): Promise<AcmeAnswer> {
    const { key } = this.#parts;
    for (let attempt = 1;; attempt++) {
      const nonce = await this.#takeNonce();
      const body = await key.sign(payload, { url, nonce, account: this.#account });
      const headers = { "content-type": "application/jose+json" };
      try {
        const answer = await ask(this.#parts, url, { method: "POST", headers, body });
        this.#nonce = answer.nonce;
        return answer;
      } catch (error) {
        const isStale = error instanceof AcmeError && error.type.endsWith(":badNonce");
        if (!isStale || attempt > MAX_NONCE_RETRIES) throw error;
      }
    }
  }

  async #takeNonce(): Promise<string> {
    const nonce = this.#nonce ??
      (await ask(this.#parts, this.#directory.newNonce, { method: "HEAD" })).nonce;
    this.#nonce = undefined;
    if (nonce === undefined) throw new AcmeError("it gives no nonce");
    return nonce;
  }
}

/** Reads JSON of the authority; fails with a sentence. */
export function parsed<T>(text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AcmeError(`its answer is not understood: ${messageOf(cause)}`);
  }
}

const directorySchema = z.object({
  newNonce: z.url(),
  newAccount: z.url(),
  newOrder: z.url(),
});
type Directory = z.output<typeof directorySchema>;

const problemSchema = z.object({ type: z.string().catch(""), detail: z.string().catch("") });

async function ask(
  { fetch, clock, signal }: ConnectionParts,
  url: string,
  init: RequestInit,
): Promise<AcmeAnswer & { readonly nonce: string | undefined }> {
  const deadline = new AbortController();
  const timer = clock.after(ACME_TIMEOUT_MS, () => deadline.abort(new Error("no answer in time")));
  try {
    const response = await fetch(url, {
      ...init,
      signal: AbortSignal.any([signal, deadline.signal]),
    });
    const text = await response.text();
    const { headers } = response;
    const retryAfterMs = waitOf(headers.get("retry-after"), clock);
    if (!response.ok) throw refusalOf(text, response.status, retryAfterMs);
    if (text.length > MAX_ANSWER_CHARACTERS) throw new AcmeError("its answer is too long");
    const nonce = headers.get("replay-nonce") ?? undefined;
    return { text, location: headers.get("location") ?? "", retryAfterMs, nonce };
  } finally {
    timer.cancel();
  }
}

function refusalOf(text: string, status: number, retryAfterMs: number | undefined): AcmeError {
  try {
    const { type, detail } = problemSchema.parse(JSON.parse(text));
    return new AcmeError(detail || `it answered ${status}`, type, retryAfterMs);
  } catch {
    return new AcmeError(`it answered ${status}`, "", retryAfterMs);
  }
}

/** Seconds, or a date. */
function waitOf(header: string | null, clock: Clock): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.wall());
}
