import { type Clock, done, fetchFailure, type Outcome, refused } from "@qumo/shared/runtime";
import * as z from "zod";
import { type Deadline, deadlineIn } from "./deadline.ts";
import {
  MAX_ANSWER_BYTES,
  MAX_RETRY_AFTER_MS,
  PROBE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
} from "./limits.ts";

/** Why a request to a controller failed. */
export interface ControllerFault {
  /**
   * The controller's refusal code; `unreachable` for no answer or one that cannot be parsed;
   * `not_understood` when the controller does not support the request.
   */
  readonly code: string;
  readonly message: string;
  /**
   * For a heartbeat that was refused for its epoch: the newest epoch under this relay's name, or
   * the controller's time.
   */
  readonly epoch?: number | undefined;
  /** With `epoch`: whether a relay is registered under that name now. */
  readonly lives?: boolean | undefined;
  /** When to come again at the earliest, in milliseconds, where the controller says so. */
  readonly retryAfterMs?: number;
}

/** A request to a controller. */
export interface ControllerRequest {
  readonly url: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A parsed answer of a controller. */
export interface Answer<T> {
  readonly value: T;
  readonly headers: Headers;
}

const refusalSchema = z.object({
  error: z.string(),
  code: z.string().default("refused"),
  epoch: z.int().nonnegative().optional(),
  lives: z.boolean().optional(),
});

/** Sends requests to controllers, each with the current token. It never retries. */
export class ControllerClient {
  readonly #clock: Clock;
  readonly #fetch: typeof fetch;
  readonly #token: () => Promise<string | undefined>;

  constructor(options: {
    readonly clock: Clock;
    readonly fetch: typeof fetch;
    readonly token: () => Promise<string | undefined>;
  }) {
    this.#clock = options.clock;
    this.#fetch = options.fetch;
    this.#token = options.token;
  }

  /** Sends a request and parses its JSON answer with `schema`. Never rejects. */
  async ask<T>(
    request: ControllerRequest,
    schema: z.ZodType<T>,
  ): Promise<Outcome<Answer<T>, ControllerFault>> {
    const deadline = deadlineIn(this.#clock, REQUEST_TIMEOUT_MS);
    try {
      const response = await this.#send(request, deadline);
      const text = await readText(response);
      if (!response.ok) return refused(refusalOf(response, text));
      const read = schema.safeParse(JSON.parse(text));
      if (!read.success) return unreachable("unexpected answer: not a controller");
      return done({ value: read.data, headers: response.headers });
    } catch (error) {
      return unreachable(fetchFailure(error));
    } finally {
      deadline.cancel();
    }
  }

  /**
   * Sends a request whose answer is a stream; its body stays open until it ends or `signal` is
   * aborted. Never rejects.
   */
  async open(request: ControllerRequest): Promise<Outcome<Response, ControllerFault>> {
    const deadline = deadlineIn(this.#clock, REQUEST_TIMEOUT_MS);
    try {
      const response = await this.#send(request, deadline);
      if (!response.ok) return refused(refusalOf(response, await readText(response)));
      return done(response);
    } catch (error) {
      return unreachable(fetchFailure(error));
    } finally {
      deadline.cancel();
    }
  }

  /**
   * Whether the controller at `url` gives any answer. That of a proxy which does not reach it is none.
   * Never rejects.
   */
  async answers(url: string, signal: AbortSignal): Promise<boolean> {
    const deadline = deadlineIn(this.#clock, PROBE_TIMEOUT_MS);
    try {
      const either = AbortSignal.any([signal, deadline.signal]);
      const response = await this.#fetch(new URL("/health?probe=live", url), { signal: either });
      await response.body?.cancel();
      return response.status < 500;
    } catch {
      return false;
    } finally {
      deadline.cancel();
    }
  }

  async #send(request: ControllerRequest, deadline: Deadline): Promise<Response> {
    const { method, body, headers, signal } = request;
    const token = await this.#token();
    return await this.#fetch(new URL(request.path, request.url), {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, deadline.signal]),
    });
  }
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    // Leaving the loop releases the connection.
    if (length > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes of answer`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function refusalOf({ status, headers }: Response, text: string): ControllerFault {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  const wait = seconds >= 0 ? { retryAfterMs: Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) } : {};
  try {
    const { error: message, ...fault } = refusalSchema.parse(JSON.parse(text));
    return { ...fault, message, ...wait };
  } catch {
    const code = status === 404 || status === 405 ? "not_understood" : "unreachable";
    return { code, message: `it answers with status ${status}`, ...wait };
  }
}

function unreachable(message: string) {
  return refused({ code: "unreachable", message });
}
